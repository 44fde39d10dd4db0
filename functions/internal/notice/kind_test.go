package notice

import "testing"

func TestCreatedTellsNewBytesFromChangesBesideThem(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"ObjectCreated:Put":                        true,
		"ObjectCreated:Post":                       true,
		"ObjectCreated:Copy":                       true,
		"ObjectCreated:CompleteMultipartUpload":    true,
		"s3:ObjectCreated:Put":                     true,
		"s3:ObjectCreated:CompleteMultipartUpload": true,
		"ObjectCreated:SomethingNew":               true,
		"":                                         true,
		"s3:ObjectCreated:PutTagging":              false,
		"s3:ObjectCreated:DeleteTagging":           false,
		"s3:ObjectCreated:PutRetention":            false,
		"s3:ObjectCreated:PutLegalHold":            false,
		"ObjectRemoved:Delete":                     false,
		"s3:ObjectRemoved:DeleteMarkerCreated":     false,
		"s3:ObjectAccessed:Get":                    false,
		"ObjectTagging:Put":                        false,
		"ObjectRestore:Completed":                  false,
		"Replication:OperationMissedThreshold":     false,
		"s3:TestEvent":                             false,
	}
	for name, want := range tests {
		if created(name) != want {
			t.Errorf("created(%q) is %v", name, !want)
		}
	}
}
