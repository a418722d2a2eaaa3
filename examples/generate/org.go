package main

import (
	"fmt"
	"time"
	_ "time/tzdata" // the same zones on every machine
)

// host is where the account would be if there were one. The domain "invalid"
// never exists (RFC 2606), which marks every link as synthetic.
const host = "https://example.invalid/synthetic"

// A person is one of the nine responders.
type person struct {
	id, name, email string
	zone            string // where they live
	vendorZone      string // what PagerDuty says; "" for null
	team            *team
	phone           string
	rules           []rule // how PagerDuty reaches them for a page of high urgency
}

// A rule is one notification: by what, and how long after the assignment.
type rule struct {
	channel string // "push", "sms", "phone" or "email"
	after   time.Duration
}

type team struct {
	id, name string
}

type service struct {
	id, name string
	team     *team
	policy   *policy
	ackLimit time.Duration // an acknowledgement runs out after it; 0 for never
	autoEnd  time.Duration // PagerDuty resolves a page after it; 0 for never
}

// A policy asks one schedule after another.
type policy struct {
	id, name string
	team     *team
	levels   []*schedule
	delay    time.Duration // before the next level is asked
}

// An org is everything that is not a page.
type org struct {
	people    []*person
	teams     []*team
	services  []*service
	policies  []*policy
	schedules []*schedule
}

// The people by their first names.
const (
	ada = iota
	ben
	chitra
	mere
	elif
	frank
	ines
	gita
	hugo
)

func newOrg() *org {
	o := &org{}
	secrets, platform, payments := o.addTeam("secrets"), o.addTeam("platform"), o.addTeam("payments")
	o.addPerson("Ada Thorsen", "Europe/Berlin", secrets)
	o.addPerson("Ben Okafor", "America/Chicago", secrets)
	o.addPerson("Chitra Raman", "Asia/Kolkata", secrets)
	o.addPerson("Mere Tautari", "Pacific/Auckland", secrets)
	o.addPerson("Elif Aydin", "Europe/Berlin", platform)
	o.addPerson("Frank Delaney", "America/New_York", platform)
	o.addPerson("Ines Marques", "Europe/Lisbon", platform)
	o.addPerson("Gita Nair", "Asia/Kolkata", payments)
	o.addPerson("Hugo Lindqvist", "Europe/Stockholm", payments)
	o.people[ben].vendorZone = "Central Time (US & Canada)" // as accounts from Rails days have it
	o.people[hugo].vendorZone = ""                          // never filled in; the configuration knows it
	o.people[chitra].rules = []rule{{"phone", 0}, {"sms", 0}, {"push", 3 * time.Minute}}
	o.people[hugo].rules = []rule{{"email", 0}, {"push", 0}, {"phone", 4 * time.Minute}}

	commander := o.addSchedule("Incident commander", "UTC", halfWeekly, ines, ben, elif, mere, hugo)
	lead := o.addSchedule("Secrets lead", "Europe/Berlin", officeHours, ada)
	sp := o.addSchedule("Secrets primary", "America/Chicago", halfWeekly, chitra, ben, ada, mere)
	pp := o.addSchedule("Platform primary", "Europe/Berlin", halfWeekly, ines, frank, elif)
	yp := o.addSchedule("Payments primary", "Asia/Kolkata", halfWeekly, gita, hugo)
	// The swap of the fortnight: Ada has a day off, Chitra stands in.
	sp.swap(swapStart, swapStart.Add(24*time.Hour), o.people[chitra])

	secretsPolicy := o.addPolicy("Secrets", secrets, 10*time.Minute, sp, commander, lead)
	platformPolicy := o.addPolicy("Platform", platform, 10*time.Minute, pp, commander)
	paymentsPolicy := o.addPolicy("Payments", payments, 15*time.Minute, yp, commander)
	o.addService("vault", secretsPolicy)
	o.addService("consul", secretsPolicy)
	o.addService("kubernetes", platformPolicy)
	o.addService("ingress", platformPolicy)
	o.addService("build-farm", platformPolicy).autoEnd = 4 * time.Hour
	o.addService("checkout", paymentsPolicy)
	o.addService("ledger", paymentsPolicy).ackLimit = 30 * time.Minute
	return o
}

func (o *org) addTeam(name string) *team {
	t := &team{id: shortID("team " + name), name: name}
	o.teams = append(o.teams, t)
	return t
}

func (o *org) addPerson(name, zone string, t *team) {
	p := &person{
		id: shortID("user " + name), name: name, email: firstName(name) + "@example.com",
		zone: zone, vendorZone: zone, team: t,
		phone: fmt.Sprintf("+155555501%02d", len(o.people)), // numbers that nobody has
		rules: []rule{{"push", 0}, {"sms", 2 * time.Minute}, {"phone", 5 * time.Minute}},
	}
	o.people = append(o.people, p)
}

func (o *org) addSchedule(name, zone string, turns turns, members ...int) *schedule {
	s := &schedule{id: shortID("schedule " + name), name: name, zone: location(zone), turns: turns}
	for _, m := range members {
		s.members = append(s.members, o.people[m])
	}
	s.render()
	o.schedules = append(o.schedules, s)
	return s
}

func (o *org) addPolicy(name string, t *team, delay time.Duration, levels ...*schedule) *policy {
	p := &policy{id: shortID("policy " + name), name: name, team: t, levels: levels, delay: delay}
	o.policies = append(o.policies, p)
	return p
}

func (o *org) addService(name string, p *policy) *service {
	s := &service{id: shortID("service " + name), name: name, team: p.team, policy: p}
	o.services = append(o.services, s)
	return s
}

func (o *org) service(name string) *service {
	for _, s := range o.services {
		if s.name == name {
			return s
		}
	}
	panic("there is no service " + name)
}

func location(zone string) *time.Location {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		panic(err)
	}
	return loc
}
