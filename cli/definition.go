package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"opsreview"
	"opsreview/definition"
)

func (a *app) definitionCommand() *cobra.Command {
	return noun("definition", "What the numbers of a review mean", a.definitionListCommand(), a.definitionShowCommand())
}

func (a *app) definitionListCommand() *cobra.Command {
	var section, output string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what every number of a review means",
		Long: `List the definitions of all numbers, by the section of the review that prints them.
The number after the stroke is the definition's version: numbers of different versions
cannot be compared. docs/definitions.md says the same, with more around it.`,
		Example: `  opsreview definition list
  opsreview definition list --section toil`,
		Args: args(cobra.NoArgs, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			found, err := definitionsIn(section)
			if err != nil {
				return err
			}
			if output == asJSON {
				return printJSON(a.stdout, definitionsToJSON(found))
			}
			a.printDefinitions(found)
			return nil
		},
	}
	cmd.Flags().StringVar(&section, "section", "", "only those of `SECTION`: "+strings.Join(definition.Sections(), ", "))
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

func (a *app) definitionShowCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Say what one number means, exactly",
		Example: `  opsreview definition show broken_nights
  opsreview definition show consumed/1 -o json`,
		Args: args(cobra.ExactArgs(1), "one id"),
		RunE: func(_ *cobra.Command, ids []string) error {
			if err := checkOutput(output, asTable, asJSON); err != nil {
				return err
			}
			d, err := findDefinition(ids[0])
			if err != nil {
				return err
			}
			if output == asJSON {
				return printJSON(a.stdout, definitionToJSON(d))
			}
			a.printDefinition(d)
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", asTable, "print as `FORM`: table or json")
	return cmd
}

// definitionsIn returns the definitions of a section of the review, all for "",
// in the sections' order.
func definitionsIn(section string) ([]definition.Definition, error) {
	names := definition.Sections()
	if section != "" && !slices.Contains(names, section) {
		return nil, usagef("there is no section %q: choose %s", clean(section), orList(names))
	}
	found := slices.DeleteFunc(definition.All(), func(d definition.Definition) bool { return section != "" && d.Section != section })
	slices.SortStableFunc(found, func(x, y definition.Definition) int {
		return slices.Index(names, x.Section) - slices.Index(names, y.Section)
	})
	return found, nil
}

// findDefinition looks a number up by its id, with or without a version.
func findDefinition(name string) (definition.Definition, error) {
	id, version, versioned := strings.Cut(name, "/")
	d, ok := definition.Of(id)
	switch {
	case !ok:
		return d, opsreview.Errorf(opsreview.NotFound, "there is no definition %q; see \"opsreview definition list\"", clean(name))
	case versioned && version != strconv.Itoa(d.Version):
		return d, opsreview.Errorf(opsreview.NotFound, "this program has version %d of %s, and not version %q: docs/definitions.md of the program that printed it says what it meant", d.Version, id, clean(version))
	}
	return d, nil
}

func nameOfDefinition(d definition.Definition) string { return fmt.Sprintf("%s/%d", d.ID, d.Version) }

func (a *app) printDefinitions(all []definition.Definition) {
	t := table{columns: []column{{head: "ID"}, {head: "SECTION"}, {head: "UNIT", drop: 1}, {head: "DEFINITION", flex: true, min: 30}}}
	for _, d := range all {
		t.row(nameOfDefinition(d), d.Section, d.Unit, d.Formula)
	}
	t.print(a.stdout, a.style(), "", a.terminalWidth())
	writeLine(a.stdout, "")
	writeLine(a.stdout, plural(int32(len(all)), "definition")+"; in full: opsreview definition show ID")
}

func (a *app) printDefinition(d definition.Definition) {
	writeLine(a.stdout, a.style().bold(nameOfDefinition(d)))
	width := a.terminalWidth()
	for _, line := range wrap(d.Formula, width-2) {
		writeLine(a.stdout, "  "+line)
	}
	for _, fact := range [][2]string{{"unit", d.Unit}, {"source", d.Source}, {"section", d.Section}, {"in review show -o json", strings.Join(fieldsOf(d.ID), ", ")}} {
		if fact[1] != "" {
			writeWrapped(a.stdout, "  ", fact[0]+": "+fact[1], width)
		}
	}
}

// definitionJSON is what definition show -o json prints.
type definitionJSON struct {
	ID         string   `json:"id"`
	Version    int32    `json:"version"`
	Definition string   `json:"definition"`
	Unit       string   `json:"unit,omitempty"`
	Source     string   `json:"source,omitempty"`
	Section    string   `json:"section"`
	Fields     []string `json:"fields"`
}

func definitionToJSON(d definition.Definition) definitionJSON {
	return definitionJSON{
		ID: d.ID, Version: int32(d.Version), Definition: d.Formula, Unit: d.Unit, Source: d.Source, Section: d.Section,
		Fields: append([]string{}, fieldsOf(d.ID)...),
	}
}

func definitionsToJSON(all []definition.Definition) []definitionJSON {
	out := make([]definitionJSON, len(all))
	for i, d := range all {
		out[i] = definitionToJSON(d)
	}
	return out
}
