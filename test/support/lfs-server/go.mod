module gitkube/test/support/lfs-server

go 1.25.0

require (
	github.com/git-lfs/git-lfs/v3 v3.8.1
	github.com/klauspost/compress v1.19.1 // indirect
)
