# Only for `sam build`, which calls a target for each function of template.yaml that says BuildMethod: makefile.
# The same source gives the same bytes. EVENTDROP_BUILD_ARCH=amd64 goes with the parameter Architecture=x86_64.
EVENTDROP_BUILD_ARCH ?= arm64

build-IngestFunction: program = ingest
build-ReconcileFunction: program = reconcile
build-MigrateFunction: program = migrate

# Certificates beside the binary are for the parameter DatabaseCa: see docs/deploy.md.
build-IngestFunction build-ReconcileFunction build-MigrateFunction:
	CGO_ENABLED=0 GOOS=linux GOARCH=$(EVENTDROP_BUILD_ARCH) go build -tags lambda.norpc -trimpath -buildvcs=false \
		-ldflags '-s -w -buildid=' -o "$(ARTIFACTS_DIR)/bootstrap" ./functions/$(program)
	$(if $(wildcard infra/sam/*.pem),cp infra/sam/*.pem "$(ARTIFACTS_DIR)")
