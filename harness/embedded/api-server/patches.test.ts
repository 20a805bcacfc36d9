import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jsonPatch, mergePatch, strategicPatch } from './patches.ts';

const json = fc.jsonValue({ maxDepth: 3 });

describe('merge patch', () => {
  test('leaves no null behind and gives the same when it is done twice', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const once = mergePatch(target, patch);
        expect(mergePatch(once, patch)).toEqual(once);
      }),
    );
  });

  test('does as the examples of RFC 7396 say', () => {
    expect(mergePatch({ a: 'b' }, { a: 'c', d: null })).toEqual({ a: 'c' });
    expect(mergePatch({ a: [1] }, { a: { b: { c: null } } })).toEqual({ a: { b: {} } });
    expect(mergePatch({ e: null }, { a: 1 })).toEqual({ e: null, a: 1 });
  });
});

describe('strategic merge patch', () => {
  const containers = [{ name: 'a', image: '1' }, { name: 'b' }];

  test('merges, deletes and replaces elements of lists that have keys', () => {
    expect(strategicPatch({ containers }, { containers: [{ name: 'a', tty: true }] })).toEqual({
      containers: [{ name: 'a', image: '1', tty: true }, { name: 'b' }],
    });
    expect(strategicPatch({ containers }, { containers: [{ name: 'a', $patch: 'delete' }] })).toEqual({
      containers: [{ name: 'b' }],
    });
    expect(strategicPatch({ containers }, { containers: [{ $patch: 'replace' }, { name: 'c' }] })).toEqual({
      containers: [{ name: 'c' }],
    });
  });

  test('keeps of an object only what $retainKeys names, and what the patch brings', () => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } };
    const patch = { strategy: { $retainKeys: ['type'], type: 'Recreate' } };
    expect(strategicPatch({ strategy }, patch)).toEqual({ strategy: { type: 'Recreate' } });
  });

  test('takes values out of a plain list, and adds to finalizers', () => {
    const target = { finalizers: ['a', 'b'] };
    expect(strategicPatch(target, { '$deleteFromPrimitiveList/finalizers': ['a'] })).toEqual({
      finalizers: ['b'],
    });
    const both = { '$setElementOrder/finalizers': ['b', 'c'], finalizers: ['c'] };
    expect(strategicPatch(target, both)).toEqual({ finalizers: ['a', 'b', 'c'] });
  });

  test('deletes a field by $patch, and refuses a directive that it does not know', () => {
    expect(strategicPatch({ a: { b: 1 }, c: 1 }, { a: { $patch: 'delete' } })).toEqual({ c: 1 });
    expect(() => strategicPatch({}, { a: { $other: 1 } })).toThrow('patch directive $other');
    expect(() => strategicPatch({}, { a: { $patch: 'twist' } })).toThrow('patch directive $patch: "twist"');
  });
});

describe('JSON patch', () => {
  test('adds, copies, moves and tests, with escaped names', () => {
    const operations = [
      { op: 'add', path: '/list/-', value: 2 },
      { op: 'copy', from: '/list/0', path: '/a~1b' },
      { op: 'move', from: '/list', path: '/moved' },
      { op: 'test', path: '/moved/1', value: 2 },
    ];
    expect(jsonPatch({ list: [1] }, operations)).toEqual({ 'a/b': 1, moved: [1, 2] });
  });

  test('refuses what is not there, and leaves the target as it was', () => {
    const target = { a: 1 };
    const operations = [
      { op: 'remove', path: '/a' },
      { op: 'replace', path: '/b', value: 1 },
    ];
    expect(() => jsonPatch(target, operations)).toThrow('nothing is at /b');
    expect(target).toEqual({ a: 1 });
  });
});
