package ticket

// Payload is the hash of what a step would send.
func Payload(s Step) string { return s.payload() }
