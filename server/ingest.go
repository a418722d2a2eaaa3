package server

import (
	"context"
	"errors"
	"io"
	"maps"
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
	now       func() time.Time
}

type importStream = grpc.BidiStreamingServer[pb.ImportFileRequest, pb.ImportFileResponse]

func (s *ingestService) ImportFile(stream importStream) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	h := first.GetHeader()
	importer, err := s.importer(h)
	if err != nil {
		return err
	}
	ctx := stream.Context()
	in := &importReader{stream: stream}
	run := importRun{stream: stream, reader: in, header: h}
	file := ingest.File{Name: h.GetFile(), R: in}
	switch {
	case h.GetValidateOnly():
		run.save = func(context.Context, opsreview.Batch) (opsreview.Saved, error) { return opsreview.Saved{}, nil }
		err = importer.Import(ctx, h.GetSource(), file, &run)
	case h.GetStrict():
		err = s.strict(ctx, importer, file, &run)
	default:
		run.save = func(ctx context.Context, b opsreview.Batch) (opsreview.Saved, error) {
			return s.db.SaveBatch(ctx, h.GetSource(), b)
		}
		err = importer.Import(ctx, h.GetSource(), file, &run)
	}
	if err != nil {
		return err
	}
	return run.finish()
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

// errStrict undoes a strict import that met a problem.
var errStrict = errors.New("strict import met a problem")

// strict imports the whole file in one transaction, which a single problem
// undoes. The file is read to its end all the same, so that every problem is
// reported at once.
func (s *ingestService) strict(ctx context.Context, importer ingest.Importer, file ingest.File, run *importRun) error {
	err := s.db.SaveAll(ctx, run.header.GetSource(), func(save func(opsreview.Batch) (opsreview.Saved, error)) error {
		run.save = func(_ context.Context, b opsreview.Batch) (opsreview.Saved, error) { return save(b) }
		if err := importer.Import(ctx, run.header.GetSource(), file, run); err != nil {
			return err
		}
		if run.count > 0 {
			return errStrict
		}
		return nil
	})
	if errors.Is(err, errStrict) {
		run.saved = opsreview.Saved{}
		return nil
	}
	return err
}

// importReader is the file's bytes as they arrive.
type importReader struct {
	stream importStream
	rest   []byte
	read   int64
}

// Read implements io.Reader.
func (r *importReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		msg, err := r.stream.Recv()
		if err != nil {
			return 0, err // io.EOF when the client has sent everything
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
	save     func(context.Context, opsreview.Batch) (opsreview.Saved, error)
	saved    opsreview.Saved
	problems []*pb.ImportProblem
	count    int // of problems, since the beginning
}

// maxProblems is how many problems go into one message.
const maxProblems = 200

// Save saves a batch and tells the client how far the import has come.
func (r *importRun) Save(ctx context.Context, b opsreview.Batch) error {
	saved, err := r.save(ctx, b)
	if err != nil {
		return err
	}
	r.saved.Add(saved)
	return r.tell(false)
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

func (r *importRun) finish() error { return r.tell(true) }
