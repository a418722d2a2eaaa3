package server

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"opsreview/auth"
	pb "opsreview/proto/opsreview/v1"
)

// writers lists empty requests of every method of the API that changes
// something and says who spoke.
func writers(t *testing.T) []proto.Message {
	t.Helper()
	var all []proto.Message
	protoregistry.GlobalFiles.RangeFilesByPackage("opsreview.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			for j := range f.Services().Get(i).Methods().Len() {
				m := f.Services().Get(i).Methods().Get(j)
				req := dynamicpb.NewMessage(m.Input())
				if authz["/"+string(m.Parent().FullName())+"/"+string(m.Name())].write && authorIn(req) != nil {
					all = append(all, req)
				}
			}
		}
		return true
	})
	if len(all) < 15 {
		t.Fatalf("only %d requests say who spoke", len(all))
	}
	return all
}

// A person speaks in no other's name, whatever they ask for; a token and an
// admin may, and the audit log is told for whom.
func TestAsAuthor(t *testing.T) {
	person := auth.Caller{Name: "ada@example.com", Via: auth.ViaOIDC, Grants: []auth.Grant{{Role: auth.Writer}}}
	admin := auth.Caller{Name: "root@example.com", Via: auth.ViaOIDC, Grants: []auth.Grant{{Role: auth.Admin}}}
	token := auth.Caller{Name: "ci", Via: auth.ViaToken, Grants: []auth.Grant{{Role: auth.Writer}}}
	local := auth.Caller{Name: "ada", Via: auth.ViaLocal, Grants: []auth.Grant{{Role: auth.Admin}}}
	tests := map[string]struct {
		caller           auth.Caller
		said             string
		author, actedFor string
	}{
		"a person who names nobody":            {person, "", "ada@example.com", ""},
		"a person who names another":           {person, "bob", "ada@example.com", ""},
		"an admin who names another":           {admin, "bob", "bob", "bob"},
		"a token that names another":           {token, "bob", "bob", "bob"},
		"a token that names nobody":            {token, "", "ci", ""},
		"whoever uses this machine":            {local, "", "ada", ""},
		"whoever uses it and names another":    {local, "bob", "bob", "bob"},
		"whoever uses it and names themselves": {local, "ada", "ada", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, req := range writers(t) {
				kind := string(req.ProtoReflect().Descriptor().Name())
				if tt.said != "" {
					authorIn(req).set(tt.said)
				}
				actedFor := asAuthor(tt.caller, req)
				if got := authorIn(req).get(); got != tt.author || actedFor != tt.actedFor {
					t.Errorf("%s is by %q for %q, want %q for %q", kind, got, actedFor, tt.author, tt.actedFor)
				}
			}
		})
	}
}

// Where nobody is asked who they are, a label that says nothing is nobody's.
func TestAsAuthor_LabelsSayWhoseTheyAre(t *testing.T) {
	local := auth.Caller{Name: "ada", Via: auth.ViaLocal, Grants: []auth.Grant{{Role: auth.Admin}}}
	req := &pb.LabelPagesRequest{}
	if asAuthor(local, req); req.GetLabel().GetAuthor() != "" {
		t.Errorf("the label is by %q", req.GetLabel().GetAuthor())
	}
	local.Via = auth.ViaOIDC
	if asAuthor(local, req); req.GetLabel().GetAuthor() != "ada" {
		t.Errorf("the label is by %q", req.GetLabel().GetAuthor())
	}
}
