/**
 * `npm run record`: the session that the README shows, run against a real cluster and drawn as docs/push.svg.
 * GITKUBE_TEST_RIG names a cluster that runs already, as for the tests.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setup } from '../../test/support/global-setup.ts';
import { record } from './session.ts';
import { stage } from './stage.ts';
import { drawing } from './svg.ts';

const commands = [
  `sed -i 's/Hello/Good morning/' www/index.html && git commit -qam 'Say good morning'`,
  'git push dev main; echo "exit code $?"',
  `sed -i 's/8080/80x0/' www/Dockerfile && git commit -qam 'Another port'`,
  'git push dev main; echo "exit code $?"',
  'ssh git@dev.example.com status',
  'git push dev HEAD:refs/rollback/1',
];

const end = await setup();
try {
  await using scene = await stage();
  const lines = await record(commands, scene);
  const file = join(import.meta.dirname, '../../docs/push.svg');
  await writeFile(
    file,
    drawing(lines, 'A version is pushed and runs; one that crashes is refused; the first is rolled back to'),
  );
  console.log(lines.map(({ text }) => text).join('\n'));
} finally {
  await end?.();
}
