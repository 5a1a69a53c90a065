module lab.example/go-server

go 1.19
