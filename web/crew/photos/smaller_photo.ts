// A photo as large as Relight keeps it (api/photo_files.py): over a weak line a tenth of the bytes counts.
const LONGEST_SIDE_PX = 2048;
const SMALL_ENOUGH_BYTES = 500_000;
const QUALITY = 0.82;

/** Return the photo, upright and no larger than needed; as it is where this browser cannot draw it. */
export async function smaller_photo(photo: Blob): Promise<Blob> {
  if (photo.size <= SMALL_ENOUGH_BYTES) return photo;
  try {
    const picture = await createImageBitmap(photo);
    const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const drawn = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    return drawn && drawn.size < photo.size ? drawn : photo;
  } catch {
    return photo;
  }
}
