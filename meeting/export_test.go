package meeting

// What is tested from within.
var (
	Fisher      = fisher
	PercentText = percent
	MinutesText = minutes
	ShellWord   = shell
)
