package cli

import (
	"context"

	pb "opsreview/proto/opsreview/v1"
)

// reportFormats are the forms of a review that the server renders as a
// document.
var reportFormats = map[string]pb.ReportFormat{
	asMarkdown: pb.ReportFormat_REPORT_FORMAT_MARKDOWN,
	asHTML:     pb.ReportFormat_REPORT_FORMAT_HTML,
}

// printReport prints a document as the server rendered it: what strangers wrote
// in it is escaped for its form.
func (a *app) printReport(ctx context.Context, c client, req *pb.RenderReviewRequest) error {
	resp, err := c.reviews.RenderReview(ctx, req)
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(resp.GetContent())
	return err
}
