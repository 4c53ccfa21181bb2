#!/usr/bin/env node
// kubectl runs kubectl_complete-gitkube to complete `kubectl gitkube …`.
import { start } from './start.ts';

await start(['__complete', ...process.argv.slice(2)]);
