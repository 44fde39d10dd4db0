package infra_test

import (
	"bytes"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// need is why a role may do something: a call in the code of its function, or what AWS itself does in the role's name.
type need struct {
	call string // a text that must stand in the code that the function is built from
	aws  string // a text that must stand in template.yaml
}

// needs are all actions that a role may take, and why.
//
//nolint:gochecknoglobals // the table is the test
var needs = map[string]need{
	"s3:GetObject":                  {call: ".GetObject("},
	"s3:GetObjectVersion":           {call: "minio.GetObjectOptions{VersionID: version"},
	"s3:ListBucketVersions":         {call: "WithVersions: true"},
	"s3:ListBucket":                 {call: "case minio.NoSuchKey"}, // the answer 404, which without it is 403
	"s3:GetBucketVersioning":        {call: ".GetBucketVersioning("},
	"secretsmanager:GetSecretValue": {call: "GetSecretValue"},
	"rds-db:connect":                {call: "BuildAuthToken"},

	"sts:AssumeRole":         {aws: "Role: !GetAtt"},
	"logs:CreateLogStream":   {aws: "LoggingConfig: {LogFormat: JSON, LogGroup:"},
	"logs:PutLogEvents":      {aws: "LoggingConfig: {LogFormat: JSON, LogGroup:"},
	"sqs:ReceiveMessage":     {aws: "Type: SQS"},
	"sqs:DeleteMessage":      {aws: "Type: SQS"},
	"sqs:GetQueueAttributes": {aws: "Type: SQS"},
	"sqs:SendMessage":        {aws: "NotificationConfiguration:"},

	"ec2:CreateNetworkInterface":     {aws: "VpcConfig:"},
	"ec2:DescribeNetworkInterfaces":  {aws: "VpcConfig:"},
	"ec2:DescribeSubnets":            {aws: "VpcConfig:"},
	"ec2:DeleteNetworkInterface":     {aws: "VpcConfig:"},
	"ec2:AssignPrivateIpAddresses":   {aws: "VpcConfig:"},
	"ec2:UnassignPrivateIpAddresses": {aws: "VpcConfig:"},
}

// loaders are what reads the bucket; of it migrate may read the contract only.
var loaders = []string{"IngestRole", "ReconcileRole"} //nolint:gochecknoglobals // as above

// Nothing in the template is allowed on everything, or allows everything.
func TestPoliciesHaveNoWildcards(t *testing.T) {
	t.Parallel()
	for _, s := range readTemplate(t).allowed() {
		for _, fault := range wildcards(s) {
			t.Errorf("%s: %s", s.resource, fault)
		}
	}
}

// The judge of wildcards itself: it must find them in every place and form.
func TestWildcardsAreFound(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:s3:::b"
	cases := []struct {
		name      string
		statement map[string]any
		faulty    bool
	}{
		{"one action on one resource", map[string]any{"Action": "s3:GetObject", "Resource": arn}, false},
		{"keys below the prefix", map[string]any{"Action": "s3:GetObject", "Resource": map[string]any{"!Sub": arn + "/${KeyPrefix}*"}}, false},
		{"all actions of a service", map[string]any{"Action": "s3:*", "Resource": arn}, true},
		{"a wildcard among actions", map[string]any{"Action": []any{"s3:GetObject", "s3:Get*"}, "Resource": arn}, true},
		{"all but some actions", map[string]any{"NotAction": "s3:PutObject", "Resource": arn}, true},
		{"everything", map[string]any{"Action": "s3:GetObject", "Resource": "*"}, true},
		{"all buckets", map[string]any{"Action": "s3:GetObject", "Resource": []any{arn, "arn:aws:s3:::*"}}, true},
		{"all keys", map[string]any{"Action": "s3:GetObject", "Resource": map[string]any{"!Sub": arn + "/*"}}, true},
		{"all but some resources", map[string]any{"Action": "s3:GetObject", "NotResource": arn}, true},
		{"a wildcard inside !Sub with values", map[string]any{"Action": "a:B", "Resource": map[string]any{"!Sub": []any{"arn:${x}*", map[string]any{"x": "y"}}}}, true},
		{"a wildcard behind a condition", map[string]any{"Action": "a:B", "Resource": map[string]any{"!If": []any{"c", "*", arn}}}, true},
		{"anybody", map[string]any{"Action": "a:B", "Resource": arn, "Principal": "*"}, true},
		{"any account", map[string]any{"Action": "a:B", "Resource": arn, "Principal": map[string]any{"AWS": "*"}}, true},
		{"neither action nor resource", map[string]any{}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if found := wildcards(statement{resource: "Role", body: c.statement}); (len(found) > 0) != c.faulty {
				t.Errorf("found %q", found)
			}
		})
	}
}

// Every action is one that the code behind the role needs, or AWS in its name; and none is listed here that no role has.
func TestPoliciesAllowOnlyWhatIsUsed(t *testing.T) {
	t.Parallel()
	doc := readTemplate(t)
	sources := map[string][]byte{
		"IngestRole": source(t, "ingest"), "ReconcileRole": source(t, "reconcile"), "MigrateRole": source(t, "migrate"),
	}
	unused := make(map[string]bool)
	for action := range needs {
		unused[action] = true
	}
	for _, s := range doc.allowed() {
		for _, action := range texts(s.body["Action"]) {
			delete(unused, action)
			why, known := needs[action]
			switch {
			case !known:
				t.Errorf("%s: nothing is known to need %s", s.resource, action)
			case why.aws != "" && !bytes.Contains(doc.text, []byte(why.aws)):
				t.Errorf("%s: %s is for %q, which is not in the template", s.resource, action, why.aws)
			case why.call != "":
				for _, role := range doc.rolesWith(s.resource) {
					if code, ours := sources[role]; ours && !bytes.Contains(code, []byte(why.call)) {
						t.Errorf("%s has %s, but no code of its function has %q", role, action, why.call)
					}
				}
			}
		}
	}
	for action := range unused {
		t.Errorf("%s is needed, but no role may do it", action)
	}
}

// Reading and listing drops is for those who load. The contract is for migrate, too, and where it is one of the user's own.
func TestMigrateReadsTheContractAndNoDrops(t *testing.T) {
	t.Parallel()
	doc := readTemplate(t)
	for _, s := range doc.allowed() {
		for _, action := range texts(s.body["Action"]) {
			roles := doc.rolesWith(s.resource)
			if s.resource != "ContractPolicy" && strings.HasPrefix(action, "s3:") && slices.ContainsFunc(roles, func(r string) bool { return !slices.Contains(loaders, r) }) {
				t.Errorf("%s: %s is for %v only, and %v have it", s.resource, action, loaders, roles)
			}
		}
	}
	if roles := doc.rolesWith("ContractPolicy"); !slices.Equal(roles, []string{"IngestRole", "MigrateRole", "ReconcileRole"}) {
		t.Errorf("%v may read the contract", roles)
	}
	policy := doc.resources["ContractPolicy"]
	if policy["Condition"] != "OwnContract" {
		t.Error("ContractPolicy is there without a contract of one's own, too")
	}
	path := map[string]any{"!Select": []any{"1", map[string]any{"!Split": []any{"s3://", map[string]any{"!Sub": "${ContractUri}s3://"}}}}}
	want := map[string]any{
		"Sid": "ReadContract", "Effect": "Allow", "Action": "s3:GetObject",
		"Resource": map[string]any{"!Sub": []any{"arn:${AWS::Partition}:s3:::${Path}", map[string]any{"Path": path}}},
	}
	if got := statements(policy); !reflect.DeepEqual(got, []map[string]any{want}) {
		t.Errorf("it allows %v", got)
	}
}

// The owner's password is for migrate alone; that of the user that loads is for migrate only where migrate makes it.
func TestPasswordsAreForThoseWhoNeedThem(t *testing.T) {
	t.Parallel()
	ref := func(name string) any { return map[string]any{"!Ref": name} }
	want := map[string]any{
		"MigrateRole":  []any{ref("OwnerSecretArn"), map[string]any{"!If": []any{"MakePasswordLogin", ref("DatabaseSecretArn"), ref("AWS::NoValue")}}},
		"LoaderPolicy": ref("DatabaseSecretArn"),
		"ProxyRole":    ref("DatabaseSecretArn"),
	}
	got := make(map[string]any)
	for _, s := range readTemplate(t).allowed() {
		if slices.Contains(texts(s.body["Action"]), "secretsmanager:GetSecretValue") {
			got[s.resource] = s.body["Resource"]
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// SAM gives functions managed policies with wildcards, unless they name a role; and a managed policy of AWS is nobody's
// to judge here.
func TestRolesAreOurs(t *testing.T) {
	t.Parallel()
	for name, r := range readTemplate(t).resources {
		properties := object(r["Properties"])
		if r["Type"] == "AWS::Serverless::Function" && (properties["Role"] == nil || properties["Policies"] != nil) {
			t.Errorf("function %s must name its role and no policies", name)
		}
		for _, text := range allStrings(properties["ManagedPolicyArns"]) {
			if strings.Contains(text, ":") && text != "AWS::NoValue" {
				t.Errorf("role %s has the policy %s, which is not in the template", name, text)
			}
		}
	}
}

// SQS gives a message out again after the visibility timeout: never while a function may still work on it.
func TestVisibilityOutlivesTheFunction(t *testing.T) {
	t.Parallel()
	doc := readTemplate(t)
	timeout := number(t, object(object(doc.root["Globals"])["Function"])["Timeout"])
	queue := object(doc.resources["Queue"]["Properties"])
	if visible := number(t, queue["VisibilityTimeout"]); visible < 6*timeout {
		t.Errorf("visibility timeout %d, function %d", visible, timeout)
	}
	if tries := number(t, object(queue["RedrivePolicy"])["maxReceiveCount"]); tries < 5 {
		t.Errorf("a notice is dead after %d tries", tries)
	}
}

// source is all code of ours that a function is built from, without tests.
func source(t *testing.T, function string) []byte {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-tags", "lambda.norpc", "-deps",
		"-f", `{{if not .Standard}}{{if eq .Module.Path "eventdrop"}}{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`,
		"./functions/"+function)
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list ./functions/%s: %v", function, err)
	}
	var all bytes.Buffer
	for file := range strings.FieldsSeq(string(out)) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.Bytes()
}

// Network interfaces cannot be named before they exist: the one wildcard. It is there only inside a VPC, and the same
// policy takes it from the functions' own code.
func TestNetworkInterfacesAreForLambdaAlone(t *testing.T) {
	t.Parallel()
	policy := readTemplate(t).resources["NetworkPolicy"]
	if policy["Condition"] != "InVpc" {
		t.Error("NetworkPolicy is there without a VPC, too")
	}
	denied := slices.ContainsFunc(statements(policy), func(s map[string]any) bool {
		where := object(object(s["Condition"])["ArnLike"])
		return s["Effect"] == "Deny" && s["Action"] == "ec2:*" && where["lambda:SourceFunctionArn"] != nil
	})
	if !denied {
		t.Error("the functions' own code may make network interfaces")
	}
}
