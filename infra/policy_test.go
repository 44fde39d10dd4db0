package infra_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// document is a CloudFormation template. A tag such as !Sub x is the object {"!Sub": x}.
type document struct {
	text      []byte
	root      map[string]any
	resources map[string]map[string]any
}

func readTemplate(t *testing.T) document {
	t.Helper()
	text, err := os.ReadFile("../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil {
		t.Fatal(err)
	}
	d := document{text: text, root: object(plain(&node)), resources: map[string]map[string]any{}}
	for name, r := range object(d.root["Resources"]) {
		d.resources[name] = object(r)
	}
	if len(d.resources) == 0 {
		t.Fatal("no resources")
	}
	return d
}

// plain turns YAML into maps, slices and texts, and keeps tags.
func plain(n *yaml.Node) any {
	var v any
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any)
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plain(n.Content[i+1])
		}
		v = m
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, element := range n.Content {
			list = append(list, plain(element))
		}
		v = list
	case yaml.DocumentNode:
		v = plain(n.Content[0])
	case yaml.AliasNode:
		v = plain(n.Alias)
	default:
		v = n.Value
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		return map[string]any{n.Tag: v}
	}
	return v
}

// statement is one statement of a policy.
type statement struct {
	resource string
	body     map[string]any
}

// allowed are the statements of all policies of the template that allow something, behind whatever condition.
func (d document) allowed() []statement {
	var list []statement
	for _, name := range slices.Sorted(maps.Keys(d.resources)) {
		for _, body := range statements(d.resources[name]) {
			if body["Effect"] != "Deny" {
				list = append(list, statement{resource: name, body: body})
			}
		}
	}
	return list
}

func statements(v any) []map[string]any {
	var found []map[string]any
	switch v := v.(type) {
	case map[string]any:
		if v["Effect"] != nil {
			return []map[string]any{v}
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			found = append(found, statements(v[key])...)
		}
	case []any:
		for _, element := range v {
			found = append(found, statements(element)...)
		}
	}
	return found
}

// rolesWith are the roles that have a policy, which may be a role's own.
func (d document) rolesWith(policy string) []string {
	if d.resources[policy]["Type"] == "AWS::IAM::Role" {
		return []string{policy}
	}
	var roles []string
	for _, name := range slices.Sorted(maps.Keys(d.resources)) {
		if slices.Contains(allStrings(object(d.resources[name]["Properties"])["ManagedPolicyArns"]), policy) {
			roles = append(roles, name)
		}
	}
	return roles
}

// wildcards are the faults of a statement that allows too much.
func wildcards(s statement) []string {
	var faults []string
	for _, inverted := range []string{"NotAction", "NotResource", "NotPrincipal"} {
		if s.body[inverted] != nil {
			faults = append(faults, inverted+" allows whatever else there is")
		}
	}
	actions, resources := texts(s.body["Action"]), texts(s.body["Resource"])
	trust := slices.Equal(actions, []string{"sts:AssumeRole"}) // has no resource: it is the role's own
	if len(actions) == 0 || len(resources) == 0 && !trust {
		faults = append(faults, "neither action nor resource may be absent")
	}
	for _, text := range slices.Concat(actions, texts(s.body["Principal"])) {
		if strings.ContainsAny(text, "*?") {
			faults = append(faults, text+" is a wildcard")
		}
	}
	for _, text := range resources {
		if strings.ContainsAny(strings.TrimSuffix(text, "/${KeyPrefix}*"), "*?") && !onlyAttaches(s) {
			faults = append(faults, fmt.Sprintf("%v on %s: a wildcard", actions, text))
		}
	}
	return faults
}

// onlyAttaches is the one exception: network interfaces have no names yet when Lambda makes them. The same policy
// must take it from the functions' own code.
func onlyAttaches(s statement) bool {
	return s.resource == "NetworkPolicy" && s.body["Sid"] == "AttachToVpc"
}

// texts are a value's strings: one, or a list of them, in whatever function of CloudFormation they stand. Names of
// parameters, resources and conditions are none.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, element := range v {
			list = append(list, texts(element)...)
		}
		return list
	case map[string]any:
		var list []string
		for tag, inner := range v {
			parts, _ := inner.([]any)
			switch {
			case tag == "!If":
				list = append(list, texts(parts[1:])...)
			case tag == "!Sub" && parts != nil:
				list = append(list, texts(parts[0])...)
			case tag == "!Ref" || tag == "!GetAtt":
				list = append(list, "name of "+fmt.Sprint(inner))
			default:
				list = append(list, texts(inner)...)
			}
		}
		return list
	}
	return nil
}

// allStrings are all strings in a value, names too.
func allStrings(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, element := range v {
			list = append(list, allStrings(element)...)
		}
		return list
	case map[string]any:
		var list []string
		for _, element := range v {
			list = append(list, allStrings(element)...)
		}
		return list
	}
	return nil
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func number(t *testing.T, v any) int {
	t.Helper()
	n, err := strconv.Atoi(fmt.Sprint(v))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
