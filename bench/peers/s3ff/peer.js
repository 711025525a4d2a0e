/* django-s3-file-field's client, against its own Django app (app.py). */

import S3FileFieldClient from "django-s3-file-field";
import { measure } from "../page.js";

const client = new S3FileFieldClient({ baseUrl: `${location.origin}/api/s3-upload/` });

measure(async (files) => {
  for (const file of files) await client.uploadFile(file, "app.Thing.blob");
});
