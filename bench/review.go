package main

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	pb "opsreview/proto/opsreview/v1"
)

// review compares one team's weekly review over a long history with that over a
// short one. Both end with the same pages, so that the reviews are the same.
func (b *bench) review(ctx context.Context) ([]result, error) {
	short, err := b.reviewer(ctx, "short.db", b.short)
	if err != nil {
		return nil, err
	}
	long, err := b.reviewer(ctx, "long.db", b.long)
	if err != nil {
		return nil, err
	}
	b.say("review: %d rounds", b.reviews)
	var ratios, shortTimes, longTimes []float64
	for i := range b.reviews + 1 {
		was, took, err := short.prepare(ctx)
		if err != nil {
			return nil, err
		}
		is, longTook, err := long.prepare(ctx)
		if err != nil {
			return nil, err
		}
		if !proto.Equal(was, is) {
			return nil, errors.New("the reviews over the two histories differ")
		}
		if i == 0 {
			b.say("review: a week of %d pages, %d people", is.GetHeadline().GetPages(), len(is.GetLoads()))
			continue // The first round fills the caches.
		}
		ratios = append(ratios, longTook/took)
		shortTimes, longTimes = append(shortTimes, took), append(longTimes, longTook)
	}
	ratio := median(ratios)
	return []result{{
		name:  fmt.Sprintf("review: %d pages of history against %d", b.long, b.short),
		value: ratio, text: fmt.Sprintf("%.2f", ratio), atMost: 1.3,
		detail: fmt.Sprintf("%s against %s; rounds from %.2f to %.2f", milliseconds(median(longTimes)), milliseconds(median(shortTimes)),
			quantile(ratios, 0), quantile(ratios, 1)),
	}}, errors.Join(short.close(ctx), long.close(ctx))
}

// A reviewer asks for reviews of one database.
type reviewer struct {
	*served
	client pb.ReviewServiceClient
}

func (b *bench) reviewer(ctx context.Context, name string, n int) (*reviewer, error) {
	db, err := b.build(ctx, name, n)
	if err != nil {
		return nil, err
	}
	s, err := serve(ctx, db)
	if err != nil {
		return nil, err
	}
	conn, err := s.dial()
	if err != nil {
		return nil, err
	}
	return &reviewer{served: s, client: pb.NewReviewServiceClient(conn)}, nil
}

// prepare reviews the last complete week of one team.
func (r *reviewer) prepare(ctx context.Context) (review *pb.Review, seconds float64, err error) {
	seconds, err = timed(func() error {
		resp, err := r.client.PrepareReview(ctx, &pb.PrepareReviewRequest{Team: teamName(0)})
		review = resp.GetReview()
		return err
	})
	return review, seconds, err
}
