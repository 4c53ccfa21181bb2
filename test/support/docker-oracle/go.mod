module gitkube/test/support/docker-oracle

go 1.24

require github.com/moby/patternmatcher v0.6.1
