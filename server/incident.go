package server

import pb "opsreview/proto/opsreview/v1"

type incidentService struct {
	pb.UnimplementedIncidentServiceServer
	facts *facts
}
