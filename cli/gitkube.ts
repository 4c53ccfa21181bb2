#!/usr/bin/env node
import { keepCompiledCode } from './compile-cache.ts';

// Before anything else is loaded: compiling is half of a short command's time.
keepCompiledCode();
const [{ processIo }, { runProgram }] = await Promise.all([import('./io.ts'), import('./program.ts')]);
process.exitCode = await runProgram(process.argv.slice(2), processIo());
