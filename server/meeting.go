package server

import pb "opsreview/proto/opsreview/v1"

type meetingService struct {
	pb.UnimplementedMeetingServiceServer
	facts *facts
}
