package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
)

// A company is the program serving a company in a process of its own, which
// asks for tokens.
type company struct {
	cmd  *exec.Cmd
	addr string
	ctx  context.Context // of an admin's calls
	conn *grpc.ClientConn
	rest *bufio.Scanner // what it says
}

// company measures what hostile and careless clients can do to the server, and
// what it loses when it is told to stop.
func (b *bench) company(ctx context.Context) (results []result, err error) {
	db, err := b.build(ctx, "company.db", b.short)
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	c, err := b.startCompany(ctx)
	if err != nil {
		return nil, err
	}
	defer c.cmd.Process.Kill() //nolint:errcheck // it has ended, unless something failed
	pages, err := c.pages()
	if err != nil {
		return nil, err
	}
	for _, measure := range []func() (result, error){
		c.idle(b.connections), c.bombs, c.slowReader,
		func() (result, error) { return c.stopUnderLoad(b, pages) },
	} {
		r, err := measure()
		if err != nil {
			return results, err
		}
		results = append(results, r)
	}
	return results, nil
}

func (b *bench) startCompany(ctx context.Context) (*company, error) {
	program, err := filepath.Abs(b.program)
	if err != nil {
		return nil, err
	}
	yaml := "server:\n  tokens_file: tokens.json\n" +
		"  limits: {requests_per_second: 100000, burst: 100000, connections: 20000, connections_per_address: 20000}\n"
	if err := os.WriteFile(b.path("company.yaml"), []byte(yaml), 0o600); err != nil {
		return nil, err
	}
	command := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, program, append([]string{"--config", b.path("company.yaml"), "--db", b.path("company.db")}, args...)...)
		cmd.Dir = b.dir
		return cmd
	}
	secret, err := command("token", "create", "bench", "--role", "admin").Output()
	if err != nil {
		return nil, fmt.Errorf("%w: build %s with make build", err, b.program)
	}
	c := &company{cmd: command("serve", "--listen", "127.0.0.1:0")}
	c.ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+strings.TrimSpace(string(secret)))
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.rest = bufio.NewScanner(stderr)
	for c.rest.Scan() {
		if _, port, ok := strings.Cut(c.rest.Text(), " on 127.0.0.1:"); ok {
			c.addr = "127.0.0.1:" + port
			break
		}
	}
	c.conn, err = c.dial()
	return c, err
}

func (c *company) dial(more ...grpc.DialOption) (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///"+c.addr, append(more, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallSendMsgSize(1<<30)))...)
}

// resident returns how many megabytes the server has in memory.
func (c *company) resident() float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", c.cmd.Process.Pid))
	var size, resident float64
	if _, serr := fmt.Sscan(string(data), &size, &resident); err != nil || serr != nil {
		return 0 // this system does not say
	}
	return resident * float64(os.Getpagesize()) / 1e6
}

// pages returns the names of a week's pages.
func (c *company) pages() ([]string, error) {
	resp, err := pb.NewPageServiceClient(c.conn).ListPages(c.ctx, &pb.ListPagesRequest{Window: lastWeeks(), PageSize: 1000})
	var names []string
	for _, p := range resp.GetPages() {
		names = append(names, p.GetName())
	}
	if err == nil && len(names) == 0 {
		err = errors.New("the history has no pages in its last four weeks")
	}
	return names, err
}

// call times calls of one client, the slowest counts.
func (c *company) call(n int) (slowest float64, err error) {
	for range n {
		took, err := timed(func() error {
			_, err := pb.NewPageServiceClient(c.conn).GetVocabulary(c.ctx, &pb.GetVocabularyRequest{})
			return err
		})
		if err != nil {
			return 0, err
		}
		slowest = max(slowest, took)
	}
	return slowest, nil
}

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00" // and no settings

// idle opens connections that say nothing more, or as many as the system lets
// this process have.
func (c *company) idle(n int) func() (result, error) {
	return func() (result, error) {
		before := c.resident()
		conns := make([]net.Conn, 0, n)
		defer func() {
			for _, conn := range conns {
				_ = conn.Close()
			}
		}()
		var d net.Dialer
		for range n {
			conn, err := d.DialContext(c.ctx, "tcp", c.addr)
			if errors.Is(err, syscall.EMFILE) {
				break
			}
			if err != nil {
				return result{}, err
			}
			conns = append(conns, conn)
			if _, err := conn.Write([]byte(preface)); err != nil {
				return result{}, err
			}
			if _, err := conn.Read(make([]byte, 9)); err != nil {
				return result{}, fmt.Errorf("connection %d: %w", len(conns), err)
			}
		}
		slowest, err := c.call(50)
		each := (c.resident() - before) * 1e3 / float64(len(conns))
		return result{
			name: fmt.Sprintf("server: memory of each of %d idle connections", len(conns)), value: each, text: fmt.Sprintf("%.0f kB", each), atMost: 100,
			detail: fmt.Sprintf("%.0f MB before, %.0f MB with them; another client's slowest of 50 calls took %s", before, c.resident(), milliseconds(slowest)),
		}, err
	}
}

// bombs sends messages of 100 MB, plain and as 100 kB that unpack to it.
func (c *company) bombs() (result, error) {
	before, peak := c.resident(), 0.0
	client := pb.NewPolicyServiceClient(c.conn)
	req := &pb.CheckPolicyRequest{Policy: &pb.PolicyDocument{Content: make([]byte, 100<<20)}}
	const each = 5
	for i := range 2 * each {
		var options []grpc.CallOption
		if i%2 == 1 {
			options = append(options, grpc.UseCompressor(gzip.Name))
		}
		if _, err := client.CheckPolicy(c.ctx, req, options...); status.Code(err) != codes.ResourceExhausted {
			return result{}, fmt.Errorf("a message of 100 MB: %w", err)
		}
		peak = max(peak, c.resident())
	}
	slowest, err := c.call(50)
	return result{
		name: "server: memory after messages of 100 MB and bombs", value: peak - before, text: fmt.Sprintf("+%.0f MB", peak-before), atMost: 128,
		detail: fmt.Sprintf("%d plain and %d compressed, all refused; %.0f MB before; then the slowest of 50 calls took %s", each, each, before, milliseconds(slowest)),
	}, err
}

// lists is how many long lists are asked for at once.
const lists = 300

// slowReader asks for long lists on one connection and reads none. It is
// compared with a client that reads what it asks for: making the lists takes
// memory too.
func (c *company) slowReader() (result, error) {
	careful, err := c.ask(func(s grpc.ClientStream) error { return s.RecvMsg(&pb.ListPagesResponse{}) })
	if err != nil {
		return result{}, err
	}
	careless, err := c.ask(func(s grpc.ClientStream) error { <-s.Context().Done(); return nil })
	extra := careless - careful
	return result{
		name: "server: memory for a client that asks and does not read", value: extra, text: fmt.Sprintf("%+.0f MB", extra), atMost: 128,
		detail: fmt.Sprintf("%d lists of 1000 pages on one connection: %.0f MB when they are read, %.0f MB when they are not", lists, careful, careless),
	}, err
}

// ask asks for long lists on one connection, does with each what then does, and
// returns how large the server became in five seconds or more.
func (c *company) ask(then func(grpc.ClientStream) error) (peak float64, err error) {
	conn, err := c.dial(grpc.WithStaticStreamWindowSize(65535), grpc.WithStaticConnWindowSize(65535))
	if err != nil {
		return 0, err
	}
	defer conn.Close() //nolint:errcheck // it was measured
	ctx, cancel := context.WithTimeout(c.ctx, 5*time.Second)
	defer cancel()
	req := &pb.ListPagesRequest{Window: lastWeeks(), PageSize: 1000}
	var waiting sync.WaitGroup
	for range lists {
		waiting.Go(func() {
			s, err := conn.NewStream(ctx, &grpc.StreamDesc{}, pb.PageService_ListPages_FullMethodName)
			if err == nil && s.SendMsg(req) == nil {
				_ = then(s) // the time may be up before its turn comes
			}
		})
	}
	for ctx.Err() == nil {
		if _, err := c.call(5); err != nil {
			return 0, err
		}
		peak = max(peak, c.resident())
	}
	waiting.Wait()
	return peak, nil
}

func lastWeeks() *pb.WindowSelector {
	return &pb.WindowSelector{From: now().AddDate(0, 0, -28).Format(time.RFC3339), To: now().Format(time.RFC3339)}
}

// stopUnderLoad sends SIGTERM while clients label, and looks whether what they
// were told is there.
func (c *company) stopUnderLoad(b *bench, pages []string) (result, error) {
	var mu sync.Mutex
	told, next := map[string]bool{}, 0
	enough := make(chan struct{})
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			client := pb.NewPageServiceClient(c.conn)
			for {
				mu.Lock()
				if next++; next == 100 {
					close(enough)
				}
				name := pages[next%len(pages)]
				note := fmt.Sprintf("label %d", next)
				mu.Unlock()
				if _, err := client.LabelPages(c.ctx, &pb.LabelPagesRequest{Pages: []string{name}, Label: &pb.Label{Cause: "service_issue", Note: note}}); err != nil {
					return
				}
				mu.Lock()
				told[name+" "+note] = true
				mu.Unlock()
			}
		})
	}
	<-enough
	took, err := timed(func() error {
		if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		for c.rest.Scan() { // until it closes its end
		}
		return c.cmd.Wait()
	})
	clients.Wait()
	if err != nil {
		return result{}, fmt.Errorf("the server ended with %w", err)
	}
	answered := len(told)
	lost, err := b.lostLabels(c.ctx, pages, told)
	return result{
		name: "server: answered labels that SIGTERM lost", value: float64(lost), text: fmt.Sprint(lost), atMost: 0.5,
		detail: fmt.Sprintf("%d were answered to 8 clients; the server ended %s after the signal", answered, milliseconds(took)),
	}, err
}

// lostLabels counts the labels that clients were told of and that are not
// there.
func (b *bench) lostLabels(ctx context.Context, pages []string, told map[string]bool) (int, error) {
	db, err := b.open(ctx, "company.db")
	if err != nil {
		return 0, err
	}
	err = forget(ctx, db, pages, told)
	return len(told), errors.Join(err, db.Close())
}

// forget drops from told what is stored.
func forget(ctx context.Context, db *store.DB, pages []string, told map[string]bool) error {
	for _, name := range pages {
		p, err := db.FindPage(ctx, name)
		if err != nil {
			return err
		}
		labels, err := db.Labels(ctx, p.Ref)
		if err != nil {
			return err
		}
		for _, l := range labels {
			delete(told, name+" "+l.Note)
		}
	}
	return nil
}
