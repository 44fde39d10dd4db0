# Only for `sam build`, which calls a target for each function of template.yaml that says BuildMethod: makefile.
# The same source gives the same bytes. EVENTDROP_BUILD_ARCH=amd64 goes with the parameter Architecture=x86_64.
EVENTDROP_BUILD_ARCH ?= arm64

build-IngestFunction: build-ingest
build-ReconcileFunction: build-reconcile
build-MigrateFunction: build-migrate

build-%:
	CGO_ENABLED=0 GOOS=linux GOARCH=$(EVENTDROP_BUILD_ARCH) go build -tags lambda.norpc -trimpath -buildvcs=false \
		-ldflags '-s -w -buildid=' -o "$(ARTIFACTS_DIR)/bootstrap" ./functions/$*
