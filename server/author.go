package server

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"opsreview/auth"
	pb "opsreview/proto/opsreview/v1"
)

// asAuthor gives what a request says the caller's name: a label, a correction,
// a decision, something in the minutes. Admins and tokens may speak for somebody
// else, since automation passes on what people said; a person may not. It
// returns for whom the caller speaks, "" for themselves. Where nobody is asked
// who they are, a label says whose it is, and anything else that says nothing is
// by whoever uses this machine.
func asAuthor(c auth.Caller, req proto.Message) string {
	author := authorIn(req)
	if author == nil {
		return ""
	}
	local := c.Via == auth.ViaLocal
	mayAct := local || c.Via == auth.ViaToken || c.Scope(auth.Admin).Everywhere
	if name := author.get(); name != "" && mayAct {
		return otherThan(c.Name, name)
	}
	if local && saysWhose(req) {
		return ""
	}
	author.set(c.Name)
	return ""
}

// saysWhose reports whether a request must say itself whose word it is.
func saysWhose(req proto.Message) bool {
	switch req.(type) {
	case *pb.LabelPagesRequest, *pb.UnlabelPagesRequest:
		return true
	}
	return false
}

// An authorField is where a request says who speaks: in a field called author,
// its own or that of the one thing that it adds.
type authorField struct {
	of    protoreflect.Message
	outer protoreflect.FieldDescriptor // that of the thing; nil for the request's own
	field protoreflect.FieldDescriptor
}

// authorIn returns where a request says who speaks, nil if nobody speaks in it.
func authorIn(req proto.Message) *authorField {
	m := req.ProtoReflect()
	if f := authorOf(m.Descriptor()); f != nil {
		return &authorField{of: m, field: f}
	}
	for _, name := range []protoreflect.Name{"label", "item"} {
		outer := m.Descriptor().Fields().ByName(name)
		if outer == nil || outer.Message() == nil || outer.IsList() {
			continue
		}
		if f := authorOf(outer.Message()); f != nil {
			return &authorField{of: m, outer: outer, field: f}
		}
	}
	return nil
}

func authorOf(d protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	if f := d.Fields().ByName("author"); f != nil && f.Kind() == protoreflect.StringKind && !f.IsList() {
		return f
	}
	return nil
}

func (a *authorField) get() string {
	m := a.of
	if a.outer != nil {
		m = m.Get(a.outer).Message()
	}
	return m.Get(a.field).String()
}

func (a *authorField) set(name string) {
	m := a.of
	if a.outer != nil {
		m = m.Mutable(a.outer).Message()
	}
	m.Set(a.field, protoreflect.ValueOfString(name))
}

func otherThan(name, author string) string {
	if name == author {
		return ""
	}
	return author
}
