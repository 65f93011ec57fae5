#ifndef KIND
#define KIND 0
#endif

function kind_of_fortran() bind(c, name="kind_of_fortran") result(kind)
  use, intrinsic :: iso_c_binding, only: c_int
  implicit none
  integer(c_int) :: kind
  kind = KIND
end function
