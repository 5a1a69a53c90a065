module lab.example/printers

go 1.19
