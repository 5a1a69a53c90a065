module crowd

go 1.18
