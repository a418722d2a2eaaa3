package server

import (
	"opsreview/auth"
	pb "opsreview/proto/opsreview/v1"
)

// A reach is how much of the organisation a call can touch, which decides what
// callers who are limited to teams may ask.
type reach int

const (
	// A call of wholeReach touches every team's data: only callers without a limit
	// may make it.
	wholeReach reach = iota
	// One of teamReach names a team: it must be one of the caller's.
	teamReach
	// These name pages or a monitor: their services must be those of the caller's
	// teams.
	pageReach
	pagesReach
	monitorReach
	// One of correctionReach names a correction: its SLO must be of the caller's
	// teams.
	correctionReach
	// One of ticketReach names a finding: its tickets must be of the caller's
	// teams.
	ticketReach
	// These name a review, an item of its minutes, a waiver or an entry of toil: it
	// must be of the caller's teams. Where no review is named, a team must be.
	meetingReach
	itemReach
	waiverReach
	// One of noReach touches no team's data, or has what is others' taken from
	// its answer.
	noReach
)

// An access is what a method asks of its caller.
type access struct {
	open  bool // nobody is asked who they are
	least auth.Role
	reach reach
	write bool // it changes something: the audit log tells of it
	trim  func(resp any, s auth.Scope)

	// applied is the least role for a request to do what others of the method only
	// ask about; "" if there are none.
	applied auth.Role
}

// authz says for each method who may call it. A method that is not here may be
// called by nobody; a test holds the table against the proto.
//
// Streams of requests are open, of the whole organisation or of none: theirs
// come too late to be compared with the caller's teams.
var authz = map[string]access{
	pb.PageService_ListPages_FullMethodName:     {least: auth.Reader, reach: teamReach},
	pb.PageService_GetPage_FullMethodName:       {least: auth.Reader, reach: pageReach},
	pb.PageService_LabelPages_FullMethodName:    {least: auth.Writer, reach: pagesReach, write: true},
	pb.PageService_UnlabelPages_FullMethodName:  {least: auth.Writer, reach: pagesReach, write: true},
	pb.PageService_ListDisputes_FullMethodName:  {least: auth.Reader, reach: teamReach},
	pb.PageService_GetVocabulary_FullMethodName: {least: auth.Reader, reach: noReach},

	pb.LoadService_GetLoad_FullMethodName: {least: auth.Reader, reach: teamReach},

	pb.ReviewService_PrepareReview_FullMethodName: {least: auth.Reader, reach: teamReach},
	pb.ReviewService_RenderReview_FullMethodName:  {least: auth.Reader, reach: teamReach},
	pb.ReviewService_ListReports_FullMethodName:   {least: auth.Reader, reach: teamReach},
	pb.ReviewService_SendReport_FullMethodName:    {least: auth.Writer, reach: teamReach, write: true},

	pb.BudgetService_ListBudgets_FullMethodName:        {least: auth.Reader, reach: teamReach},
	pb.BudgetService_ListEpisodes_FullMethodName:       {least: auth.Reader, reach: teamReach},
	pb.BudgetService_ListCorrections_FullMethodName:    {least: auth.Reader, reach: teamReach},
	pb.BudgetService_CreateCorrections_FullMethodName:  {least: auth.Writer, reach: teamReach, write: true},
	pb.BudgetService_WithdrawCorrection_FullMethodName: {least: auth.Writer, reach: correctionReach, write: true},

	pb.AnomalyService_ListAnomalies_FullMethodName: {least: auth.Reader, reach: teamReach},
	pb.AnomalyService_GetAnomaly_FullMethodName:    {least: auth.Reader, reach: teamReach},
	pb.AnomalyService_DecideAnomaly_FullMethodName: {least: auth.Writer, reach: teamReach, write: true},
	pb.AnomalyService_ListDecisions_FullMethodName: {least: auth.Reader, reach: teamReach},

	pb.DashboardService_ListDashboards_FullMethodName: {least: auth.Reader, reach: teamReach},
	pb.DashboardService_ListCharts_FullMethodName:     {least: auth.Reader, reach: teamReach},
	pb.DashboardService_LintDashboards_FullMethodName: {least: auth.Reader, reach: teamReach},
	pb.DashboardService_LintMonitors_FullMethodName:   {least: auth.Reader, reach: teamReach},

	pb.MonitorService_ListMonitors_FullMethodName: {least: auth.Reader, reach: teamReach},
	pb.MonitorService_GetMonitor_FullMethodName:   {least: auth.Reader, reach: monitorReach},

	pb.PolicyService_ListRules_FullMethodName:    {least: auth.Reader, reach: teamReach},
	pb.PolicyService_CheckPolicy_FullMethodName:  {least: auth.Reader, reach: noReach},
	pb.PolicyService_DiffPolicies_FullMethodName: {least: auth.Reader, reach: teamReach},

	pb.FindingService_ListFindings_FullMethodName: {least: auth.Reader, reach: teamReach},

	// A tracker is everybody's, and so is bringing it and the ledger together.
	pb.TicketService_PlanTickets_FullMethodName:       {least: auth.Reader, reach: teamReach},
	pb.TicketService_FileTickets_FullMethodName:       {least: auth.Writer, reach: teamReach, write: true},
	pb.TicketService_SyncTickets_FullMethodName:       {least: auth.Writer, reach: wholeReach, write: true},
	pb.TicketService_AdoptTickets_FullMethodName:      {least: auth.Writer, reach: wholeReach, write: true},
	pb.TicketService_ResolveTicket_FullMethodName:     {least: auth.Writer, reach: ticketReach, write: true},
	pb.TicketService_ListTickets_FullMethodName:       {least: auth.Reader, reach: teamReach},
	pb.TicketService_ListTicketEffects_FullMethodName: {least: auth.Reader, reach: ticketReach},
	pb.TicketService_CheckTracker_FullMethodName:      {least: auth.Writer, reach: wholeReach},
	pb.TicketService_PlanSprint_FullMethodName:        {least: auth.Reader, applied: auth.Writer, reach: teamReach, write: true},

	pb.IncidentService_ListIncidents_FullMethodName:  {least: auth.Reader, reach: teamReach},
	pb.IncidentService_GetIncident_FullMethodName:    {least: auth.Reader, reach: wholeReach},
	pb.IncidentService_CreateIncident_FullMethodName: {least: auth.Writer, reach: teamReach, write: true},
	pb.IncidentService_LinkIncident_FullMethodName:   {least: auth.Writer, reach: wholeReach, write: true},
	pb.IncidentService_UnlinkIncident_FullMethodName: {least: auth.Writer, reach: wholeReach, write: true},

	pb.ToilService_LogToil_FullMethodName:      {least: auth.Writer, reach: teamReach, write: true},
	pb.ToilService_WithdrawToil_FullMethodName: {least: auth.Writer, reach: waiverReach, write: true},
	pb.ToilService_ListToil_FullMethodName:     {least: auth.Reader, reach: teamReach},
	pb.ToilService_GetToil_FullMethodName:      {least: auth.Reader, reach: teamReach},
	pb.ToilService_AnswerTask_FullMethodName:   {least: auth.Writer, reach: teamReach, write: true},
	pb.ToilService_AutomateTask_FullMethodName: {least: auth.Writer, reach: teamReach, write: true},
	pb.ToilService_SyncWorkLogs_FullMethodName: {least: auth.Writer, reach: wholeReach, write: true},

	pb.MeetingService_OpenMeeting_FullMethodName:    {least: auth.Writer, reach: teamReach, write: true},
	pb.MeetingService_GetMeeting_FullMethodName:     {least: auth.Reader, reach: meetingReach},
	pb.MeetingService_ListMeetings_FullMethodName:   {least: auth.Reader, reach: teamReach},
	pb.MeetingService_UpdateMeeting_FullMethodName:  {least: auth.Writer, reach: meetingReach, write: true},
	pb.MeetingService_AddItem_FullMethodName:        {least: auth.Writer, reach: meetingReach, write: true},
	pb.MeetingService_ChangeItem_FullMethodName:     {least: auth.Writer, reach: itemReach, write: true},
	pb.MeetingService_CloseMeeting_FullMethodName:   {least: auth.Writer, reach: meetingReach, write: true},
	pb.MeetingService_DiffMeeting_FullMethodName:    {least: auth.Reader, reach: meetingReach},
	pb.MeetingService_ListTrends_FullMethodName:     {least: auth.Reader, reach: teamReach},
	pb.MeetingService_PickPeople_FullMethodName:     {least: auth.Reader, reach: teamReach},
	pb.MeetingService_RenderMinutes_FullMethodName:  {least: auth.Reader, reach: meetingReach},
	pb.MeetingService_SendMinutes_FullMethodName:    {least: auth.Writer, reach: meetingReach, write: true},
	pb.MeetingService_CreateWaiver_FullMethodName:   {least: auth.Writer, reach: teamReach, write: true},
	pb.MeetingService_WithdrawWaiver_FullMethodName: {least: auth.Writer, reach: waiverReach, write: true},
	pb.MeetingService_ListWaivers_FullMethodName:    {least: auth.Reader, reach: teamReach},

	// A person's address is nobody's business outside their teams, and sources
	// and what is pushed into them are everybody's.
	pb.TeamService_ListTeams_FullMethodName:     {least: auth.Reader, reach: noReach, trim: trimTeams},
	pb.TeamService_ListPeople_FullMethodName:    {least: auth.Reader, reach: wholeReach},
	pb.TeamService_ListShifts_FullMethodName:    {least: auth.Reader, reach: wholeReach},
	pb.SourceService_ListSources_FullMethodName: {least: auth.Reader, reach: wholeReach},
	pb.SourceService_CheckSource_FullMethodName: {least: auth.Writer, reach: wholeReach},
	pb.SourceService_SyncSources_FullMethodName: {least: auth.Writer, reach: wholeReach, write: true},
	pb.IngestService_PushEvents_FullMethodName:  {least: auth.Writer, reach: wholeReach, write: true},
	pb.IngestService_ImportFile_FullMethodName:  {least: auth.Writer, reach: wholeReach, write: true},

	pb.DatabaseService_BackupDatabase_FullMethodName: {least: auth.Admin, reach: wholeReach},
	pb.DatabaseService_CheckDatabase_FullMethodName:  {least: auth.Admin, reach: wholeReach},
	pb.AuditService_ListAuditEntries_FullMethodName:  {least: auth.Admin, reach: wholeReach},

	// Load balancers and supervisors have no token. What the API can do is for
	// those who may use it.
	"/grpc.health.v1.Health/Check": {open: true},
	"/grpc.health.v1.Health/List":  {open: true},
	"/grpc.health.v1.Health/Watch": {open: true},

	"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo":      {least: auth.Reader, reach: noReach},
	"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": {least: auth.Reader, reach: noReach},
}

// trimTeams takes the teams that are not the caller's from a list.
func trimTeams(resp any, s auth.Scope) {
	list, ok := resp.(*pb.ListTeamsResponse)
	if !ok {
		return
	}
	var kept []*pb.Team
	for _, t := range list.GetTeams() {
		if s.Has(t.GetDisplayName()) {
			kept = append(kept, t)
		}
	}
	list.Teams = kept
}

// isTrial reports whether the request only asks what would happen.
func isTrial(req any) bool {
	if trial, ok := req.(interface{ GetValidateOnly() bool }); ok {
		return trial.GetValidateOnly()
	}
	r, ok := req.(interface{ GetApply() bool })
	return ok && !r.GetApply()
}
