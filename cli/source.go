package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/spf13/cobra"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
)

func (a *app) sourceCommand() *cobra.Command {
	return noun("source", "Where facts come from: sync, import, health",
		a.sourceListCommand(), a.sourceCheckCommand(), a.sourceSyncCommand(), a.sourceImportCommand())
}

type suspectJSON struct {
	Window windowJSON `json:"window"`
	Reason string     `json:"reason"`
	Found  *time.Time `json:"found_at"`
}

// sourceJSON is a source as source list -o json prints it.
type sourceJSON struct {
	Name          string        `json:"name"`
	Type          string        `json:"type"`
	Configured    bool          `json:"configured"`
	SyncedTo      *time.Time    `json:"synced_to,omitempty"`
	SyncStartedAt *time.Time    `json:"sync_started_at,omitempty"`
	SyncEndedAt   *time.Time    `json:"sync_ended_at,omitempty"`
	LastError     string        `json:"last_error,omitempty"`
	Scope         string        `json:"scope,omitempty"`
	Pages         int32         `json:"pages"`
	Events        int32         `json:"events"`
	Segments      int32         `json:"segments"`
	Series        int32         `json:"series"`
	Rejects       int32         `json:"rejects"`
	LastReject    string        `json:"last_reject,omitempty"`
	Suspect       []suspectJSON `json:"suspect_windows"`
}

func (a *app) sourceListCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the sources and how they are",
		Example: "  opsreview source list",
		Args:    args(cobra.NoArgs, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.sources.ListSources(ctx, &pb.ListSourcesRequest{})
				if err != nil {
					return err
				}
				return a.printSources(resp.GetSources(), output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) printSources(sources []*pb.Source, output string) error {
	if output == asJSON {
		out := make([]sourceJSON, len(sources))
		for i, s := range sources {
			out[i] = sourceToJSON(s)
		}
		return printJSON(a.stdout, out)
	}
	if len(sources) == 0 {
		writeLine(a.stdout, "no sources: write one in opsreview.yaml, or import a file with \"opsreview source import\"")
		return nil
	}
	t := table{columns: []column{
		{head: "SOURCE"},
		{head: "TYPE", drop: 1},
		{head: "PAGES", right: true},
		{head: "EVENTS", right: true, drop: 2},
		{head: "SEGMENTS", right: true, drop: 3},
		{head: "SERIES", right: true, drop: 4},
		{head: "UNREADABLE", right: true},
		{head: "SUSPECT", right: true},
		{head: "SYNCED TO"},
		{head: "STATE", flex: true, min: 16},
	}}
	for _, s := range sources {
		synced := "–"
		if s.GetSyncedToTime() != nil {
			synced = s.GetSyncedToTime().AsTime().Format("2006-01-02 15:04 MST")
		}
		t.row(clean(s.GetName()), clean(s.GetType()), fmt.Sprint(s.GetPages()), fmt.Sprint(s.GetEvents()), dash(s.GetSegments()), dash(s.GetSeries()), fmt.Sprint(s.GetRejects()),
			fmt.Sprint(len(s.GetSuspectWindows())), synced, sourceState(s))
		if s.GetLastError() != "" || s.GetRejects() > 0 || len(s.GetSuspectWindows()) > 0 {
			t.mark()
		}
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	for _, s := range sources {
		a.printHealth(s)
	}
	return nil
}

// printHealth prints what is wrong with a source, if anything is.
func (a *app) printHealth(s *pb.Source) {
	line := func(text string) {
		for i, l := range wrap(clean(s.GetName())+": "+text, a.terminalWidth()-4) {
			lead := "    "
			if i == 0 {
				lead = "  ! "
			}
			writeLine(a.stdout, a.style().warn(lead+l))
		}
	}
	if s.GetLastError() != "" {
		line("the last sync failed: " + bounded(s.GetLastError()))
	}
	for _, w := range s.GetSuspectWindows() {
		line(fmt.Sprintf("%s to %s could not be read whole (%s); it is tried again",
			w.GetWindow().GetStartTime().AsTime().Format(time.RFC3339), w.GetWindow().GetEndTime().AsTime().Format(time.RFC3339), bounded(w.GetReason())))
	}
	if s.GetRejects() > 0 {
		line(fmt.Sprintf("%s could not be read and are kept; the newest: %s", plural(s.GetRejects(), "item"), bounded(s.GetLastReject())))
	}
}

func sourceState(s *pb.Source) string {
	switch {
	case s.GetSyncStartTime() == nil && s.GetConfigured():
		return "never synced"
	case s.GetSyncStartTime() == nil:
		return "imported"
	case s.GetSyncEndTime() == nil:
		return "syncing since " + s.GetSyncStartTime().AsTime().Format("15:04 MST") + ", or cut off"
	case s.GetLastError() != "":
		return "last sync failed"
	}
	return "ok, " + s.GetSyncEndTime().AsTime().Format("2006-01-02 15:04 MST")
}

func sourceToJSON(s *pb.Source) sourceJSON {
	out := sourceJSON{
		Name: s.GetName(), Type: s.GetType(), Configured: s.GetConfigured(), SyncedTo: jsonTime(s.GetSyncedToTime()),
		SyncStartedAt: jsonTime(s.GetSyncStartTime()), SyncEndedAt: jsonTime(s.GetSyncEndTime()), LastError: s.GetLastError(), Scope: s.GetScope(),
		Pages: s.GetPages(), Events: s.GetEvents(), Segments: s.GetSegments(), Series: s.GetSeries(), Rejects: s.GetRejects(), LastReject: s.GetLastReject(), Suspect: []suspectJSON{},
	}
	for _, w := range s.GetSuspectWindows() {
		out.Suspect = append(out.Suspect, suspectJSON{Window: windowToJSON(w.GetWindow()), Reason: w.GetReason(), Found: jsonTime(w.GetFoundTime())})
	}
	return out
}

type checkJSON struct {
	Subject string `json:"subject"`
	OK      bool   `json:"ok"`
	Detail  string `json:"detail"`
	Remedy  string `json:"remedy,omitempty"`
}

func (a *app) sourceCheckCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "check NAME",
		Short: "Ask a source what its token can see",
		Long:  "Ask a source what its token can see, and say what to do about the rest.\nThe exit status is 1 if something cannot be seen.",
		Example: `  opsreview source check pd
  opsreview source check pd -o json`,
		Args: args(cobra.ExactArgs(1), "the name of one source"),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				resp, err := c.sources.CheckSource(ctx, &pb.CheckSourceRequest{Name: names[0]})
				if err != nil {
					return err
				}
				return a.printChecks(resp.GetChecks(), output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) printChecks(checks []*pb.SourceCheck, output string) error {
	failed := false
	out := make([]checkJSON, len(checks))
	for i, c := range checks {
		failed = failed || !c.GetOk()
		out[i] = checkJSON{Subject: c.GetSubject(), OK: c.GetOk(), Detail: c.GetDetail(), Remedy: c.GetRemedy()}
	}
	if output == asJSON {
		if err := printJSON(a.stdout, out); err != nil {
			return err
		}
	} else {
		a.printCheckTable(checks)
	}
	if failed {
		return errPartly
	}
	return nil
}

func (a *app) printCheckTable(checks []*pb.SourceCheck) {
	t := table{columns: []column{{head: "CHECK"}, {head: "RESULT"}, {head: "DETAIL", flex: true, min: 20}}}
	subjects := 0
	for _, c := range checks {
		result := "ok"
		if !c.GetOk() {
			result = "NO"
		}
		t.row(clean(c.GetSubject()), result, bounded(c.GetDetail()))
		if !c.GetOk() {
			t.mark()
		}
		subjects = max(subjects, ansi.StringWidth(clean(c.GetSubject())))
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	room := a.terminalWidth() - max(subjects, len("CHECK")) - len("  RESULT  ")
	for _, c := range checks {
		if c.GetRemedy() == "" {
			continue
		}
		text := clean(c.GetSubject()) + ": "
		if detail := bounded(c.GetDetail()); ansi.StringWidth(detail) > room {
			text += detail + ": " // what the table cuts is what one has to know
		}
		for _, l := range wrap(text+bounded(c.GetRemedy()), a.terminalWidth()-4) {
			writeLine(a.stdout, "    "+l)
		}
	}
}

// syncOptions say how the result of a sync is told.
type syncOptions struct {
	quiet  bool
	output string
}

func (a *app) sourceSyncCommand() *cobra.Command {
	var o syncOptions
	cmd := &cobra.Command{
		Use:   "sync [NAME…]",
		Short: "Pull what changed from the configured sources",
		Long: `Pull what changed. It may be stopped at any time and run again: what was saved
stays, nothing is lost and nothing is counted twice.`,
		Example: `  opsreview source sync
  opsreview source sync pd
  opsreview source sync -q -o json`,
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := checkOutput(o.output, asTable, asJSON); err != nil {
				return err
			}
			return a.withClient(cmd.Context(), func(ctx context.Context, c client) error {
				return a.syncSources(ctx, c, names, o)
			})
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print the result only, no progress")
	f.StringVarP(&o.output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

// syncSources syncs and tells what came of each source, as it ends or, as JSON,
// of all of them at the end: of those before it too where one fails.
func (a *app) syncSources(ctx context.Context, c client, names []string, o syncOptions) error {
	ended, err := a.followSync(ctx, c, names, o)
	if o.output == asJSON {
		return errors.Join(err, printJSON(a.stdout, ended))
	}
	if err == nil && len(ended) == 0 {
		writeLine(a.stdout, "no sources are configured: write one in opsreview.yaml (see the README), or import a file")
	}
	return err
}

// followSync returns what came of the sources, in the order in which they ended.
func (a *app) followSync(ctx context.Context, c client, names []string, o syncOptions) ([]syncJSON, error) {
	ended := []syncJSON{}
	stream, err := c.sources.SyncSources(ctx, &pb.SyncSourcesRequest{Names: names})
	if err != nil {
		return ended, err
	}
	p := a.progress(o.quiet)
	defer p.stop()
	failed := 0
	for {
		msg, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return ended, nil
		}
		if err != nil && failed > 0 && ctx.Err() == nil {
			return ended, saidError{err} // the stream ends with the error of a source, which has been printed
		}
		if err != nil {
			return ended, err
		}
		if !msg.GetFinished() {
			p.step(msg)
			continue
		}
		p.stop()
		ended = append(ended, syncToJSON(msg))
		if msg.GetError() != "" {
			failed++
			fmt.Fprintf(a.stderr, "opsreview: %s: %s\n", clean(msg.GetSource()), bounded(msg.GetError()))
		}
		if o.output == asTable {
			writeLine(a.stdout, clean(msg.GetSource())+": "+savedText(savedFromProto(msg.GetSaved())))
		}
	}
}

func savedFromProto(s *pb.Saved) opsreview.Saved {
	return opsreview.Saved{
		Pages: int(s.GetNewPages()), Updated: int(s.GetUpdatedPages()), Events: int(s.GetEvents()), Responders: int(s.GetResponders()),
		Services: int(s.GetServices()), Teams: int(s.GetTeams()), Shifts: int(s.GetShifts()), Labels: int(s.GetLabels()), Segments: int(s.GetSegments()), Rejects: int(s.GetRejects()),
		Series: int(s.GetSeries()), Points: int(s.GetPoints()), Dashboards: int(s.GetDashboards()), Incidents: int(s.GetIncidents()), Toil: int(s.GetToil()),
	}
}

// savedText says what a sync or an import changed.
func savedText(s opsreview.Saved) string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{
		{s.Pages, "new page"},
		{s.Updated, "changed page"},
		{s.Events, "new event"},
		{s.Responders, "responder"},
		{s.Services, "service"},
		{s.Teams, "team"},
		{s.Shifts, "shift"},
		{s.Labels, "label"},
		{s.Segments, "segment"},
		{s.Points, "value"},
		{s.Dashboards, "dashboard document"},
		{s.Incidents, "incident"},
		{s.Rejects, "unreadable item"},
	} {
		if p.n > 0 {
			parts = append(parts, plural(p.n, p.what))
		}
	}
	switch s.Toil {
	case 0:
	case 1:
		parts = append(parts, "1 entry of toil")
	default:
		parts = append(parts, fmt.Sprintf("%d entries of toil", s.Toil))
	}
	if s.Series > 0 {
		parts = append(parts, fmt.Sprintf("%d series", s.Series)) // as many as one
	}
	if len(parts) == 0 {
		return "nothing new"
	}
	return strings.Join(parts, ", ")
}
