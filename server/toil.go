package server

import pb "opsreview/proto/opsreview/v1"

type toilService struct {
	pb.UnimplementedToilServiceServer
	facts *facts
}
