/** The control, a program of its own, as attacks end it: `node main.ts <folder> <token>`. */
import { weakHttp } from './weak-http.ts';
import { weakSsh } from './weak-ssh.ts';

const [folder = '', token = ''] = process.argv.slice(2);
const http = await weakHttp(folder, token);
const ssh = await weakSsh(folder);
process.stdout.write(`${JSON.stringify({ http, ...ssh })}\n`);
