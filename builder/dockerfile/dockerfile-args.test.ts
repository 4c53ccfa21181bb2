import { describe, expect, it } from 'vitest';
import { declaredArgs } from './dockerfile-args.ts';

describe('declaredArgs', () => {
  it.each<[string, readonly string[]]>([
    ['ARG A', ['A']],
    ['arg A=1 B="two words" C', ['A', 'B', 'C']],
    ['ARG A\nFROM x\nARG B\nFROM y AS z\nARG A\nARG C=$A', ['A', 'B', 'C']],
    ['FROM x\n  ARG   A=1', ['A']],
    ['ARG \\\n  A \\\n  # a comment\n\n  B=2 \\\n  C', ['A', 'B', 'C']],
    ['ARG A \\  \n B', ['A', 'B']],
    ['ARG A=\\\\\nARG B', ['A', 'B']],
    ['# escape=`\nARG A `\n B\nRUN x\\\nARG C', ['A', 'B', 'C']],
    ['# syntax=docker/dockerfile:1\n# Escape = `\nARG A `\n B', ['A', 'B']],
    ['# a comment\n# escape=`\nARG A \\\n B', ['A', 'B']],
    ['\ufeffARG A\r\nARG B\r\n', ['A', 'B']],
    ['ARG "A=1" \'B\'', ['A', 'B']],
    ['FROM x\nRUN echo \\\n  ARG A', []],
    ['FROM x\nRUN <<EOF\nARG A\nEOF\nARG B', ['B']],
    ['FROM x\nRUN <<-"E F" cat <<G\nARG A\n\tE F\nARG C\nG\nARG B', ['B']],
    ['FROM x\nCOPY <<a.txt <<b.txt /\nARG A\na.txt\nARG B\nb.txt\nARG C', ['C']],
    ['FROM x\nRUN echo "<<EOF"\nARG A', ['A']],
    ['FROM x\nRUN cat <<<EOF\nARG A', ['A']],
    ['FROM x\nONBUILD ARG A\nONBUILD RUN <<E\nARG B\nE', ['A']],
    ['# ARG A\nFROM x\nENV ARG=A\nLABEL x="ARG B"\nARGS C', []],
    ['FROM x\nRUN <<EOF\nnever ends\nARG A', []],
    ['', []],
  ])('%j declares %j', (text, names) => {
    expect([...declaredArgs(text)]).toEqual(names);
  });
});
