// Reads a Kubernetes object as JSON and leaves away what the server has set, so that it can be made again.
let text = '';
for await (const chunk of process.stdin) text += chunk;
const object = JSON.parse(text);
for (const field of ['uid', 'resourceVersion', 'creationTimestamp', 'generation', 'managedFields'])
  delete object.metadata[field];
delete object.status;
process.stdout.write(JSON.stringify(object));
