// Package opsreview holds the nouns of an operational review and its errors.
//
// The words mean one thing each, everywhere in this program:
//
//   - A [Page] is one demand for a person's attention by a paging source. Its
//     whole timeline is a list of [Event] values, which are facts and never
//     change; everything else about a page is derived from them by [Page.Settle].
//   - A [Monitor] is what decided to page. Many pages, one monitor.
//   - A [Responder] is a person who can be paged, as one source knows them.
//     Teams own services; a responder may serve several teams.
//   - A [Shift] is an interval in which a responder is on call.
//   - A [Label] is a person's verdict on a page, with author, time and history.
//   - An [SLO] is an objective of a service. A [Segment] is a stretch of time in
//     which its good and bad events were counted; in package slo, an episode is a
//     run of fast burn, and an incident the pages that were merged into one.
//   - A [Finding] is something that a review says needs work. A [Ticket] is one
//     that was filed in a tracker, or is to be: a row of the ledger.
//   - A [Window] is the half-open interval [start, end). Windows tile.
//   - A [Batch] is what one closed piece of a source said; it is saved whole.
//
// This package imports the standard library only, opens nothing and reads no
// clock: times come in as arguments.
package opsreview
