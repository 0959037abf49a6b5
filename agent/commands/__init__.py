"""The commands, a module each: words in, sentences out, an exit code back."""
