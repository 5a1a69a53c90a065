package load

import "go/ast"

// withoutC puts a call that does nothing in the place of each call of C whose result nobody uses: what cgo makes of C is
// not here, and a function in which a name of C is left does not type-check. A frame may still stand in the call.
func withoutC(file *ast.File) {
	imported := false
	for _, spec := range file.Imports {
		imported = imported || spec.Path.Value == `"C"`
	}
	if !imported {
		return
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ExprStmt:
			if call, ok := n.X.(*ast.CallExpr); ok {
				replaceC(call)
			}
		case *ast.GoStmt:
			replaceC(n.Call)
		case *ast.DeferStmt:
			replaceC(n.Call)
		}
		return true
	})
}

func replaceC(call *ast.CallExpr) {
	fun, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	if pkg, ok := fun.X.(*ast.Ident); ok && pkg.Name == "C" {
		call.Fun, call.Args = &ast.Ident{NamePos: fun.Pos(), Name: "print"}, nil
	}
}
