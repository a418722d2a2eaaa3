// Command opsreview runs weekly operational reviews. See the README.
package main

import (
	"os"
	_ "time/tzdata" // responders' zones work on machines without a zone database

	"opsreview/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
