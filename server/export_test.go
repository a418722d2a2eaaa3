package server

// ReviewToProto lets tests compare what a call answers with what review
// computes.
var ReviewToProto = reviewToProto
