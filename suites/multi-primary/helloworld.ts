import type { Target } from '#harness';

/** The document's call: `curl helloworld:5000/hello` says "Hello version: v1, instance: helloworld-v1-7b888…". */
export const helloworld: Target = {
  url: 'http://helloworld:5000/hello',
  answeredBy: { version: 'Hello version: (v[12]),', instance: 'instance: (\\S+)' },
};
