package cli

import (
	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

// savedJSON is what a sync or an import changed.
type savedJSON struct {
	NewPages     int32 `json:"new_pages"`
	ChangedPages int32 `json:"changed_pages"`
	NewEvents    int32 `json:"new_events"`
	Responders   int32 `json:"responders"`
	Services     int32 `json:"services"`
	Teams        int32 `json:"teams"`
	Shifts       int32 `json:"shifts"`
	Labels       int32 `json:"labels"`
	Segments     int32 `json:"segments"`
	Series       int32 `json:"series"`
	Points       int64 `json:"points"`
	Dashboards   int32 `json:"dashboards"`
	Incidents    int32 `json:"incidents"`
	Toil         int32 `json:"toil"`
	Unreadable   int32 `json:"unreadable"`
}

func savedToJSON(s opsreview.Saved) savedJSON {
	return savedJSON{
		NewPages: int32(s.Pages), ChangedPages: int32(s.Updated), NewEvents: int32(s.Events), Responders: int32(s.Responders),
		Services: int32(s.Services), Teams: int32(s.Teams), Shifts: int32(s.Shifts), Labels: int32(s.Labels), Segments: int32(s.Segments), Unreadable: int32(s.Rejects),
		Series: int32(s.Series), Points: int64(s.Points), Dashboards: int32(s.Dashboards),
		Incidents: int32(s.Incidents), Toil: int32(s.Toil),
	}
}

// syncJSON is what came of one source, as source sync -o json prints it.
type syncJSON struct {
	Source string    `json:"source"`
	Saved  savedJSON `json:"saved"`
	Error  string    `json:"error,omitempty"`
}

func syncToJSON(msg *pb.SyncSourcesResponse) syncJSON {
	return syncJSON{Source: msg.GetSource(), Saved: savedToJSON(savedFromProto(msg.GetSaved())), Error: msg.GetError()}
}

// importJSON is what source import -o json prints.
type importJSON struct {
	Source       string        `json:"source"`
	Files        int32         `json:"files"`
	DryRun       bool          `json:"dry_run"`
	Saved        savedJSON     `json:"saved"`
	FilesUndone  int32         `json:"files_undone"`
	Problems     []problemJSON `json:"problems"`
	MoreProblems int32         `json:"more_problems"`
}

// problemJSON is an item that an import could not read.
type problemJSON struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Item   string `json:"item,omitempty"`
	Reason string `json:"reason"`
}

func problemToJSON(p *pb.ImportProblem) problemJSON {
	return problemJSON{File: p.GetFile(), Line: int(p.GetLine()), Item: p.GetItem(), Reason: p.GetReason()}
}

// changedJSON is what page label and page unlabel print with -o json.
type changedJSON struct {
	DryRun    bool     `json:"dry_run"`
	Changed   []string `json:"changed"`
	Unchanged []string `json:"unchanged"`
}

// backupJSON is what db backup -o json prints.
type backupJSON struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
}

// soundJSON is what db check -o json prints.
type soundJSON struct {
	Sound    bool     `json:"sound"`
	Problems []string `json:"problems"`
}
