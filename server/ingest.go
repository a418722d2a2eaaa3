package server

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"

	"opsreview"
	"opsreview/ingest"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
)

type ingestService struct {
	pb.UnimplementedIngestServiceServer
	db        *store.DB
	importers map[string]ingest.Importer
	words     opsreview.Vocabulary
	now       func() time.Time
}

type importStream = grpc.BidiStreamingServer[pb.ImportFileRequest, pb.ImportFileResponse]

func (s *ingestService) ImportFile(stream importStream) error {
	first, err := stream.Recv()
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	h := first.GetHeader()
	importer, err := s.importer(h)
	if err != nil {
		return err
	}
	run := &importRun{stream: stream, reader: &importReader{stream: stream}, header: h, words: s.words}
	if err := s.run(stream.Context(), importer, run); err != nil {
		_ = run.tell(false) // what was saved stays saved, and the client should know
		return err
	}
	return run.tell(true)
}

// run imports the file that the client sends as its header asks. If the client
// stops sending, the error is the stream's and not what it means to a file.
func (s *ingestService) run(ctx context.Context, importer ingest.Importer, run *importRun) error {
	h := run.header
	var err error
	switch {
	case h.GetStrict() && !h.GetValidateOnly():
		err = s.strict(ctx, importer, run)
	case h.GetValidateOnly():
		err = importer.Import(ctx, h.GetSource(), run.file(run.reader), run)
	default:
		run.save = func(ctx context.Context, b opsreview.Batch) (opsreview.Saved, error) {
			return s.db.SaveBatch(ctx, h.GetSource(), b)
		}
		err = importer.Import(ctx, h.GetSource(), run.file(run.reader), run)
	}
	if err != nil && run.reader.err != nil {
		return run.reader.err
	}
	return err
}

// importer returns the importer of the header's format. It returns an Invalid
// error for a missing header, an unknown format and a bad source name.
func (s *ingestService) importer(h *pb.ImportHeader) (ingest.Importer, error) {
	if h == nil {
		return nil, opsreview.Errorf(opsreview.Invalid, "the first message of an import must be its header")
	}
	importer, ok := s.importers[h.GetFormat()]
	if !ok {
		formats := slices.Sorted(maps.Keys(s.importers))
		return nil, opsreview.Errorf(opsreview.Invalid, "there is no format %q: choose one of %s", h.GetFormat(), strings.Join(formats, ", "))
	}
	return importer, opsreview.ValidSourceName(h.GetSource())
}

// strict imports the whole file or nothing of it. The file is read twice: first
// for its problems, and if it has none for its facts, in one transaction. It is
// put aside before, because other writers wait for that transaction: they must
// not wait for a client.
func (s *ingestService) strict(ctx context.Context, importer ingest.Importer, run *importRun) error {
	file, remove, err := putAside(run.reader)
	if err != nil {
		return err
	}
	defer remove()
	source := run.header.GetSource()
	if err := importer.Import(ctx, source, run.file(file), run); err != nil || run.count > 0 {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	sink := strictSink{words: run.words, file: run.header.GetFile()}
	err = s.db.SaveAll(ctx, source, func(save func(opsreview.Batch) (opsreview.Saved, error)) error {
		sink.save = save
		return importer.Import(ctx, source, run.file(file), &sink)
	})
	if err == nil {
		run.saved = sink.saved
	}
	return err
}

// putAside copies what r reads to a temporary file, which remove removes.
func putAside(r io.Reader) (file *os.File, remove func(), err error) {
	file, err = os.CreateTemp("", "opsreview-import-")
	if err != nil {
		return nil, nil, opsreview.Wrapf(err, opsreview.Internal, "there is no room for the file")
	}
	remove = func() {
		_ = file.Close() // It was only read since it was written.
		_ = os.Remove(file.Name())
	}
	if _, err = io.Copy(file, r); err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		remove()
		return nil, nil, err
	}
	return file, remove, nil
}

// A strictSink saves what the second reading of a file finds, and tells nobody.
type strictSink struct {
	words opsreview.Vocabulary
	file  string
	save  func(opsreview.Batch) (opsreview.Saved, error)
	saved opsreview.Saved
}

// Save implements ingest.Sink.
func (s *strictSink) Save(_ context.Context, b opsreview.Batch) error {
	var err error
	if b.Labels, err = checkLabels(s.words, b.Labels, s.file, s); err != nil {
		return err
	}
	saved, err := s.save(b)
	s.saved.Add(saved)
	return err
}

// Problem implements ingest.Sink.
func (s *strictSink) Problem(p ingest.Problem) error {
	return opsreview.Errorf(opsreview.Internal, "line %d of %s was well when it was read first", p.Line, p.File)
}

// importReader is the file's bytes as they arrive.
type importReader struct {
	stream importStream
	rest   []byte
	read   int64
	err    error // of the stream, if it did not end well
}

// Read implements io.Reader.
func (r *importReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		msg, err := r.stream.Recv()
		if err == nil && msg.GetHeader() != nil {
			err = opsreview.Errorf(opsreview.Invalid, "only the first message of an import may be a header")
		}
		if errors.Is(err, io.EOF) {
			return 0, io.EOF // The client has sent everything.
		}
		if err != nil {
			r.err = err
			return 0, err
		}
		r.rest = msg.GetData()
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	r.read += int64(n)
	return n, nil
}

var _ io.Reader = (*importReader)(nil)

// An importRun is the sink of one import: it saves, and tells the client.
type importRun struct {
	stream   importStream
	reader   *importReader
	header   *pb.ImportHeader
	save     func(context.Context, opsreview.Batch) (opsreview.Saved, error) // nil saves nothing
	words    opsreview.Vocabulary
	saved    opsreview.Saved
	problems []*pb.ImportProblem
	count    int // of problems, since the beginning
}

// file is what an importer reads.
func (r *importRun) file(from io.Reader) ingest.File {
	return ingest.File{Name: r.header.GetFile(), R: from}
}

// maxProblems is how many problems go into one message.
const maxProblems = 200

// Save saves a batch and tells the client how far the import has come.
func (r *importRun) Save(ctx context.Context, b opsreview.Batch) error {
	var err error
	if b.Labels, err = checkLabels(r.words, b.Labels, r.header.GetFile(), r); err != nil {
		return err
	}
	if r.save != nil {
		saved, err := r.save(ctx, b)
		if err != nil {
			return err
		}
		r.saved.Add(saved)
	}
	return r.tell(false)
}

// checkLabels keeps the labels that the vocabulary has words for, in today's
// words. The others are problems of the file: nobody could count them.
func checkLabels(words opsreview.Vocabulary, labels []opsreview.Label, file string, sink ingest.Sink) ([]opsreview.Label, error) {
	var kept []opsreview.Label
	for _, l := range labels {
		if l.Withdrawn {
			kept = append(kept, l)
			continue
		}
		known, err := words.CheckOld(l)
		if err == nil {
			kept = append(kept, known)
			continue
		}
		p := ingest.Problem{File: file, Item: "label of page " + l.Page.ID, Reason: opsreview.ErrorMessage(err)}
		if err := sink.Problem(p); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// Problem keeps a problem for the next message to the client.
func (r *importRun) Problem(p ingest.Problem) error {
	r.count++
	r.problems = append(r.problems, &pb.ImportProblem{File: p.File, Line: int32(p.Line), Item: p.Item, Reason: p.Reason})
	if len(r.problems) >= maxProblems {
		return r.tell(false)
	}
	return nil
}

func (r *importRun) tell(finished bool) error {
	err := r.stream.Send(&pb.ImportFileResponse{
		ReadBytes: r.reader.read, Saved: savedToProto(r.saved), Problems: r.problems, Finished: finished,
	})
	r.problems = nil
	return err
}
