package server

import (
	"maps"
	"slices"

	"opsreview/auth"
)

// ReviewToProto lets tests compare what a call answers with what review
// computes.
var ReviewToProto = reviewToProto

// The tests of who may do what are made from the table.

// AuthzMethods lists the methods of the table.
func AuthzMethods() []string { return slices.Collect(maps.Keys(authz)) }

// AuthzRole returns the least role for a method.
func AuthzRole(method string) auth.Role { return authz[method].least }

// AuthzNeedsTeam reports whether callers of one team may not call the method in
// another's name.
func AuthzNeedsTeam(method string) bool {
	switch authz[method].reach {
	case wholeReach, teamReach, pagesReach, monitorReach:
		return true
	case pageReach, correctionReach, ticketReach, meetingReach, itemReach, waiverReach, noReach:
	}
	return false
}

// AuthzByTeam reports whether the method's request names a team.
func AuthzByTeam(method string) bool {
	return AuthzNeedsTeam(method) && authz[method].reach != wholeReach
}

// AuthzLooksIntoRequests reports whether who may call depends on the request.
func AuthzLooksIntoRequests(method string) bool {
	switch authz[method].reach {
	case pageReach, correctionReach, ticketReach, meetingReach, itemReach, waiverReach:
		return true
	case wholeReach, teamReach, pagesReach, monitorReach, noReach:
	}
	return AuthzByTeam(method)
}
