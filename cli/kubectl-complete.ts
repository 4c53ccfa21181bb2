#!/usr/bin/env node
// kubectl runs kubectl_complete-gitkube to complete `kubectl gitkube …`.
import { startOnFittingNode } from './require-node.ts';

startOnFittingNode(['__complete'].concat(process.argv.slice(2)));
