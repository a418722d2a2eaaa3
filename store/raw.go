package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"opsreview"
)

// The coders are made when they are first used: they are not cheap, and most
// runs of the program need neither.
var (
	encoder = sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		if err != nil {
			panic(err) // The options are constants.
		}
		return e
	})
	decoder = sync.OnceValue(func() *zstd.Decoder {
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			panic(err) // The options are constants.
		}
		return d
	})
)

func compress(items []opsreview.RawItem) []opsreview.RawItem {
	packed := make([]opsreview.RawItem, len(items))
	for i, item := range items {
		packed[i] = item
		packed[i].Body = encoder().EncodeAll(item.Body, nil)
	}
	return packed
}

var rawBulk = bulk{
	into:    "raw (source, type, id, at, body)",
	columns: 5,
	suffix: `ON CONFLICT (source, type, id) DO UPDATE SET at = excluded.at, body = excluded.body
		WHERE excluded.at > raw.at`,
}

func saveRaw(ctx context.Context, w *writer, f facts, _ *opsreview.Saved) error {
	args := make([]any, 0, rawBulk.columns*len(f.raw))
	for _, r := range f.raw {
		args = append(args, f.source, r.Type, r.ID, r.At.UnixMilli(), blob(r.Body))
	}
	if _, err := w.insert(ctx, rawBulk, args); err != nil {
		return fmt.Errorf("save raw payloads: %w", err)
	}
	return nil
}

// Raw returns a payload as the source sent it. It returns a NotFound error if
// it was never stored or has been purged.
func (db *DB) Raw(ctx context.Context, source, typ, id string) ([]byte, error) {
	var packed []byte
	err := db.view(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT body FROM raw WHERE source = ? AND type = ? AND id = ?`,
			source, typ, id).Scan(&packed)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil, opsreview.Errorf(opsreview.NotFound, "there is no payload of %s %q of source %q", typ, id, source)
	}
	if err != nil {
		return nil, fmt.Errorf("read raw payload: %w", err)
	}
	body, err := decoder().DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack raw payload: %w", err)
	}
	return body, nil
}

// PurgeRaw deletes the payloads from before a time and returns how many.
func (db *DB) PurgeRaw(ctx context.Context, before time.Time) (n int, err error) {
	err = db.update(ctx, func(w *writer) error {
		n, err = w.exec(ctx, `DELETE FROM raw WHERE at < ?`, before.UnixMilli())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge raw payloads: %w", err)
	}
	return n, nil
}
