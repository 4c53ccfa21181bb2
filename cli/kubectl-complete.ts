#!/usr/bin/env node
// kubectl runs kubectl_complete-gitkube to complete `kubectl gitkube …`.
import { processIo } from './io.ts';
import { runProgram } from './program.ts';

process.exitCode = await runProgram(['__complete', ...process.argv.slice(2)], processIo());
