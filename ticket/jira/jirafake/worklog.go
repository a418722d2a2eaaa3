package jirafake

import (
	"net/http"
	"strconv"
)

// workLogs pages on Cloud; Data Center gives all at once, whatever is asked.
func (s *Server) workLogs(w http.ResponseWriter, r *http.Request, i *Issue) {
	list := []object{}
	for _, l := range i.WorkLogs {
		author := object{"displayName": l.Author, "accountId": "account-" + l.Author, "active": true}
		if s.Personality != Cloud {
			author = object{"displayName": l.Author, "name": l.Author, "key": l.Author, "active": true}
		}
		if l.Email != "" {
			author["emailAddress"] = l.Email
		}
		list = append(list, object{
			"id": strconv.Itoa(l.ID), "issueId": i.Remote(), "author": author, "updateAuthor": author, "comment": l.Comment,
			"started": l.Started.Format(form), "created": l.Created.Format(form), "updated": l.Updated.Format(form),
			"timeSpent": l.Spent.String(), "timeSpentSeconds": int(l.Spent.Seconds()),
		})
	}
	from, to := 0, len(list)
	if s.Personality == Cloud {
		from = min(number(r, "startAt", 0), len(list))
		to = min(from+min(number(r, "maxResults", s.PageSize), s.PageSize), len(list))
	}
	reply(w, http.StatusOK, object{"startAt": from, "maxResults": to - from, "total": len(list), "worklogs": list[from:to]})
}
