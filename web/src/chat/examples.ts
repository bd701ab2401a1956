/** What a person may write, in words that work with the example as well as with most repositories. */
export const examples: readonly string[] = [
  "Deploy the status page",
  "Deploy Uptime Kuma and add our existing portals to the config",
  "Restart nginx on web1",
  "What runs on web1?",
];
