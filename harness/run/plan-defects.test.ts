import { expect, describe, test } from 'vitest';
import { parseArguments } from '../options/parse.ts';
import type { RunOptions } from '../options/types.ts';
import { list } from './list.ts';
import { Mistakes } from './mistakes.ts';
import { plan } from './plan.ts';

function asked(...words: readonly string[]): RunOptions {
  const parsed = parseArguments(['run', '--suite', 'multi-primary', ...words], {});
  if ('options' in parsed && parsed.command === 'run') return parsed.options;
  throw new Error(`a run was expected: ${JSON.stringify(parsed)}`);
}

describe('a defect', () => {
  test.each([
    ['remote-secret-missing=cluster9', 'there are cluster2'],
    ['remote-secret-missing=1', 'there are cluster2'],
    ['gateway-speaks-http=cluster9', 'there are cluster1, cluster2'],
    ['webhook-points-outside=pod', 'there are url, service'],
    ['errors=many', 'expected a number, such as 3'],
    ['weights=65', 'expected weights, such as 65/35'],
    ['other-root=cluster2', 'this defect takes no value; leave it out'],
  ])('with a value that would change nothing is a mistake: %s', async (given, why) => {
    const refused = new Mistakes([`--defect ${given}: ${why}`]);
    await expect(plan(asked('--provider', 'embedded', '--defect', given))).rejects.toThrow(refused);
  });

  test.each(['remote-secret-missing=cluster2', 'errors=0.5', 'weights=60/40'])('can be %s', async (given) => {
    const planned = await plan(asked('--provider', 'embedded', '--defect', given));
    expect(planned.provider).toBe('embedded');
  });

  test('that there is not is a mistake in a list, too', async () => {
    await expect(list(asked('--defect', 'nonsense'))).rejects.toThrow(
      /^--defect nonsense: there is no such defect; /,
    );
  });
});
