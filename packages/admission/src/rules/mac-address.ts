/** Six bytes in hexadecimal, all with the same separator. */
export const macAddressPattern = /^([0-9a-fA-F]{2}([:-]))([0-9a-fA-F]{2}\2){4}[0-9a-fA-F]{2}$/;
