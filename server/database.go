package server

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"google.golang.org/grpc"

	"opsreview"
	pb "opsreview/proto/opsreview/v1"
	"opsreview/store"
)

type databaseService struct {
	pb.UnimplementedDatabaseServiceServer
	db *store.DB
}

// backupChunk is how many bytes of a backup go into one message.
const backupChunk = 256 << 10

func (s *databaseService) BackupDatabase(_ *pb.BackupDatabaseRequest, stream grpc.ServerStreamingServer[pb.BackupDatabaseResponse]) error {
	dir, err := os.MkdirTemp("", "opsreview-backup-")
	if err != nil {
		return opsreview.Wrapf(err, opsreview.Internal, "there is no room for a backup")
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a leftover in the temporary directory is nobody's loss
	path := filepath.Join(dir, "backup.db")
	if err := s.db.Backup(stream.Context(), path); err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // opened for reading
	info, err := file.Stat()
	if err != nil {
		return err
	}
	buf := make([]byte, backupChunk)
	for {
		n, err := io.ReadFull(file, buf)
		if n > 0 {
			if err := stream.Send(&pb.BackupDatabaseResponse{Data: buf[:n], TotalBytes: info.Size()}); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *databaseService) CheckDatabase(ctx context.Context, _ *pb.CheckDatabaseRequest) (*pb.CheckDatabaseResponse, error) {
	problems, err := s.db.Check(ctx)
	return &pb.CheckDatabaseResponse{Problems: problems}, err
}
