module framewright-bench-native

go 1.19
