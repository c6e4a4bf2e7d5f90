"""What copies segments to remote storage, lets them go here, and deletes them there."""
