package main

import (
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// IDs are made from names rather than drawn, so that a new page does not rename
// the pages after it.

// shortID is the form of users, teams, services and schedules.
func shortID(name string) string { return "P" + letters(name, 6) }

// longID is the form of incidents.
func longID(name string) string { return "Q" + letters(name, 13) }

// entryID is the form of log entries.
func entryID(name string) string { return "R" + letters(name, 25) }

func letters(name string, n int) string {
	sum := sha256.Sum256([]byte("opsreview example " + name))
	return base32.StdEncoding.EncodeToString(sum[:])[:n]
}

func firstName(name string) string {
	first, _, _ := strings.Cut(name, " ")
	return strings.ToLower(first)
}
