/* AWS Amplify's uploadData, with credentials that do not change: it signs in the browser. */

import { Amplify } from "@aws-amplify/core";
import { uploadData } from "@aws-amplify/storage";
import { measure } from "../page.js";

const credentials = {
  accessKeyId: "AKIAEXAMPLE",
  secretAccessKey: "secret",
  sessionToken: "t".repeat(1200),
};
// Its setting for a test endpoint is refused by its own check (6.17), so the bench puts the address of its
// S3 into the bundle instead of AWS's; a dot in the bucket's name makes it use path style.
const S3 = { bucket: "bench.local", region: "us-east-1" };
const credentialsProvider = {
  getCredentialsAndIdentityId: async () => ({ credentials, identityId: "us-east-1:bench" }),
  clearCredentialsAndIdentityId: () => {},
};
Amplify.configure({ Storage: { S3 } }, { Auth: { credentialsProvider } });

measure(async (files) => {
  for (const data of files) await uploadData({ path: `users/${data.name}`, data }).result;
});
